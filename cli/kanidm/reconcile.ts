import type { KanidmInput } from "./input";

/** Kanidm's form of anything: attributes, each a list of texts. */
export interface Entry {
  attrs: Record<string, string[] | undefined>;
}

export interface Request {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  /** What a 404 means here: Kanidm only says that something does not match. */
  group?: string;
}

type Wanted = Pick<KanidmInput, "owner" | "rotation" | "client">;

/** What the client's description says: whose it is, and which secret it has. */
export function description({ owner, rotation }: Pick<Wanted, "owner" | "rotation">): string {
  return `${mark}${owner}; secret ${rotation}`;
}
const mark = "Made by nixmon for ";

/**
 * Whose a client is that was found.
 * @returns undefined when it is ours, else why it must be left alone
 */
export function foreign(entry: Entry, { owner, client }: Wanted): string | undefined {
  const found = entry.attrs.description?.[0] ?? "";
  if (found.startsWith(`${mark}${owner};`)) return undefined;
  const remedy =
    `If nobody needs it, remove it (kanidm system oauth2 delete ${client.name}); ` +
    `to hand it over, set its description to "${mark}${owner}; secret 0"`;
  if (!found.startsWith(mark)) {
    const redirects = entry.attrs.oauth2_rs_origin?.join(", ") || "none";
    return `there is an OAuth2 client ${client.name} already that nixmon did not make (redirects: ${redirects}). ${remedy}`;
  }
  return `the OAuth2 client ${client.name} belongs to the stack ${found.slice(mark.length).split(";")[0]}, not to ${owner}. ${remedy}`;
}

const path = (client: string, ...more: string[]) =>
  ["/v1/oauth2", client, ...more.map((part) => (part.startsWith("_") ? part : encodeURIComponent(part)))].join("/");

/** The requests that make a client what it should be, in order. Maps are always sent: Kanidm replaces what it has. */
export function changes(entry: Entry | null, wanted: Wanted): Request[] {
  const { client } = wanted;
  const { name } = client;
  const attrs = {
    displayname: [client.displayName],
    oauth2_rs_origin_landing: [client.landing],
    oauth2_prefer_short_username: ["true"],
  };
  const requests: Request[] = [];
  if (entry === null) {
    const born = { ...attrs, name: [name], description: [description(wanted)], oauth2_strict_redirect_uri: ["true"] };
    requests.push({ method: "POST", path: path("_basic"), body: { attrs: born } });
  } else {
    requests.push({ method: "PATCH", path: path(name), body: { attrs } });
  }
  // the right redirect is there before a wrong one goes
  const origins = entry?.attrs.oauth2_rs_origin ?? [];
  const origin = path(name, "_attr", "oauth2_rs_origin");
  if (!origins.includes(client.redirect)) requests.push({ method: "POST", path: origin, body: [client.redirect] });
  const others = origins.filter((url) => url !== client.redirect);
  if (others.length > 0) requests.push({ method: "DELETE", path: origin, body: others });

  for (const [group, scopes] of Object.entries(client.scopeMaps)) {
    requests.push({ method: "POST", path: path(name, "_scopemap", group), body: scopes, group });
  }
  for (const [claim, groups] of Object.entries(client.claimMaps)) {
    for (const [group, values] of Object.entries(groups)) {
      requests.push({ method: "POST", path: path(name, "_claimmap", claim, group), body: values, group });
    }
  }
  requests.push(...staleMaps(entry, client));
  if (entry !== null && entry.attrs.description?.[0] !== description(wanted)) {
    // the secret first: cut short in between, the next run makes another one, and none is ever shared by two numbers
    requests.push({ method: "PATCH", path: path(name), body: { attrs: { oauth2_rs_basic_secret: [] } } });
    requests.push({ method: "PATCH", path: path(name), body: { attrs: { description: [description(wanted)] } } });
  }
  return requests;
}

/** Maps of groups that should have none: they would let more people in than the configuration says. */
function staleMaps(entry: Entry | null, { name, scopeMaps, claimMaps }: Wanted["client"]): Request[] {
  // `group@domain: {"openid"}`
  const scopes = (entry?.attrs.oauth2_rs_scope_map ?? [])
    .map((map) => map.split(":")[0] ?? "")
    .filter((spn) => scopeMaps[short(spn)] === undefined)
    .map((spn): Request => ({ method: "DELETE", path: path(name, "_scopemap", spn) }));
  // `claim:group@domain:;:"value"`
  const claims = (entry?.attrs.oauth2_rs_claim_map ?? [])
    .map((map) => map.split(":"))
    .filter(([claim = "", spn = ""]) => claimMaps[claim]?.[short(spn)] === undefined)
    .map(([claim = "", spn = ""]): Request => ({ method: "DELETE", path: path(name, "_claimmap", claim, spn) }));
  return [...scopes, ...claims];
}

function short(spn: string): string {
  return spn.split("@")[0] ?? "";
}

/** What is wrong with a client that was just made; undefined when people can log in by it. */
export function verdict(entry: Entry | null, issuer: unknown, { url, client }: Pick<KanidmInput, "url" | "client">) {
  if (entry === null) {
    return `the OAuth2 client ${client.name} was made but cannot be seen with this token; add its account to idm_oauth2_admins`;
  }
  const redirects = entry.attrs.oauth2_rs_origin ?? [];
  if (redirects.length !== 1 || redirects[0] !== client.redirect) {
    return `the client's redirects are ${redirects.join(", ") || "none"}, but Grafana sends ${client.redirect}: logins would be refused. Does something else change the client ${client.name}?`;
  }
  const expected = `${url}/oauth2/openid/${client.name}`;
  if (issuer !== expected) {
    return `Kanidm calls itself ${String(issuer).replace(/\/oauth2\/openid\/.*/, "")}, but is asked as ${url}; set identity.url to the first`;
  }
  return undefined;
}
