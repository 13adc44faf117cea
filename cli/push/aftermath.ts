import { setTimeout as sleep } from "node:timers/promises";
import { caller } from "./caller";
import type { HostInput } from "./input";
import { ReachError, say, visit } from "./reach";
import { agentScript, packageRoot } from "./release";
import { agentCommand, agentInput } from "./remote";

/** The parts of the agent's `status` that say what became of a deployment. */
interface Status {
  generation: number | null;
  hash: string;
  pending: unknown;
  healthy: boolean;
  failing: string[];
}

/**
 * What became of a host that was lost in the middle of a deployment, in words for the error: asks it until it has decided, or the time is up.
 * @param hash what was being deployed
 * @param seconds how long to ask
 */
export async function aftermath(target: HostInput, hash: string, seconds: number): Promise<string> {
  const { name } = target;
  say(name, `asking what became of it, for at most ${seconds} s`);
  const end = Date.now() + seconds * 1000;
  let last = "";
  do {
    try {
      const seen = await ask(target, Math.max(2, Math.ceil((end - Date.now()) / 1000)));
      if (seen !== undefined && seen.pending === null) return words(name, seen, hash);
      last = "it is still on trial";
    } catch (error) {
      if (!(error instanceof ReachError)) throw error;
      last = error.message;
    }
    await sleep(1000, undefined, { signal: caller().gone });
  } while (Date.now() < end);
  return `State of ${name} unknown: ${last}. Its own timer brings the old configuration back, if the new one was active`;
}

/**
 * Seconds to ask a host whose trial could not be confirmed: until its timer has brought the old configuration back, since a new one that
 * drops SSH is unreachable only until then. A host that connects and then hangs gets what is left of a minute.
 * @param spent seconds since the trial began to wait
 */
export function secondsToAsk({ failure }: ReachError, confirm: number, spent: number): number {
  const hangs = failure === undefined || failure.kind === "no banner";
  return hangs ? Math.max(5, Math.min(confirm + 10, 58 - spent)) : confirm + 10;
}

async function ask(target: HostInput, seconds: number): Promise<Status | undefined> {
  const ended = await visit(target, {
    command: agentCommand(target.connection.user, ["status"]),
    input: () => agentInput(agentScript(packageRoot()), ""),
    heartbeat: false,
    connect: Math.min(5, seconds),
    deadline: Math.min(15, seconds),
    retry: () => false,
  });
  return ended.code === 0 ? (JSON.parse(ended.stdout) as Status) : undefined;
}

function words(name: string, { generation, hash, healthy, failing }: Status, wanted: string): string {
  if (hash === wanted)
    return `${name} runs the new configuration, generation ${generation}, for good; the next run finds it done`;
  const checks = healthy ? "and its checks pass" : `where these checks fail: ${failing.join("; ")}`;
  return `${name} is back at its old configuration, generation ${generation}, ${checks}`;
}
