import { type KanidmInput, readInput } from "./input";
import { changes, type Entry, foreign, verdict } from "./reconcile";
import { type Ask, asker, Refused } from "./rest";

function say(text: string): void {
  process.stderr.write(`kanidm: ${text}\n`);
}

/**
 * Makes the client what it should be, whatever was there of ours before.
 * @returns the client's secret
 */
export async function apply(text: string): Promise<string> {
  const input = readInput(text);
  const { url, client } = input;
  const ask = asker(input);
  const own = `/v1/oauth2/${client.name}`;
  const found = (await ask({ method: "GET", path: own })) as Entry | null;
  const reason = found && foreign(found, input);
  if (reason) throw new Error(`${url}: ${reason}`);
  try {
    await carryOut(ask, input, found);
    const [entry, discovery] = [
      (await ask({ method: "GET", path: own })) as Entry | null,
      (await ask({ method: "GET", path: `/oauth2/openid/${client.name}/.well-known/openid-configuration` })) as {
        issuer?: unknown;
      } | null,
    ];
    const wrong = verdict(entry, discovery?.issuer, input);
    if (wrong !== undefined) throw new Error(`${url}: ${wrong}`);
    const secret = await ask({ method: "GET", path: `${own}/_basic_secret` });
    if (typeof secret !== "string" || secret === "")
      throw new Error(`${url}: Kanidm shows no secret of ${client.name}`);
    say(`OAuth2 client ${client.name} at ${url}: ${found === null ? "made" : "up to date"}`);
    return secret;
  } catch (error) {
    // half a client that nobody keeps track of would be in the way of the next run
    if (found === null) await ask({ method: "DELETE", path: own }).catch(() => undefined);
    throw error;
  }
}

async function carryOut(ask: Ask, input: KanidmInput, found: Entry | null): Promise<void> {
  const missing = new Set<string>();
  for (const request of changes(found, input)) {
    try {
      await ask(request);
    } catch (error) {
      // all missing groups at once
      if (!(error instanceof Refused) || error.status !== 404 || request.group === undefined) throw error;
      missing.add(request.group);
    }
  }
  if (missing.size === 0) return;
  const names = [...missing];
  throw new Error(
    `${input.url}: Kanidm has no group ${names.join(", ")}, by which people get their role in Grafana. ` +
      `Make it: ${names.map((name) => `kanidm group create ${name}`).join("; ")}`,
  );
}

/** Removes the client, if there is one and it is ours. */
export async function remove(text: string): Promise<string> {
  const input = readInput(text);
  const { url, client } = input;
  const ask = asker(input);
  const own = `/v1/oauth2/${client.name}`;
  const found = (await ask({ method: "GET", path: own })) as Entry | null;
  const reason = found && foreign(found, input);
  if (found === null || reason) {
    say(`${url}: nothing to remove: ${reason ?? `there is no OAuth2 client ${client.name}`}`);
    return "";
  }
  await ask({ method: "DELETE", path: own });
  say(`OAuth2 client ${client.name} at ${url}: removed`);
  return "";
}
