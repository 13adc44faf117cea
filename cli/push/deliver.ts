import { caller } from "./caller";
import { type HostInput, readHost, readRemove, readSecrets, readTargets } from "./input";
import { ReachError, say, type Visit, visit } from "./reach";
import { agentScript, packageRoot } from "./release";
import { agentCommand, agentInput, inCommand, removeWords, secretLines, serveCommand } from "./remote";
import { inTurn } from "./turns";

/**
 * Writes the host's secrets; restarts only consumers of changed ones. What is no longer wanted stays until the configuration that does not
 * name it is confirmed: until then the host may have to go back to one that reads it.
 */
export async function secrets(text: string): Promise<number> {
  const input = readSecrets(text);
  return report(await run(input, ["secrets"], () => secretLines(input.secrets)));
}

/** Writes one host's targets on the primary. */
export async function targets(text: string): Promise<number> {
  const input = readTargets(text);
  const file = async () => {
    const { fileSdOfTargets } = await import("../../plan/fileSd");
    return `${JSON.stringify(fileSdOfTargets(input.targets))}\n`;
  };
  return report(await inTurn(input.connection.host, () => run(input, ["targets", "put", input.host], file)));
}

/** Takes one host's targets away; a primary that is gone has none. */
export async function targetsRemove(text: string): Promise<number> {
  const input = readTargets(text);
  return unlessGone(
    input,
    inTurn(input.connection.host, () => run(input, ["targets", "rm", input.host], () => "", brief(input))),
  );
}

/** Takes nixmon off the host; a host that is gone has none. */
export async function remove(text: string): Promise<number> {
  const input = readRemove(text);
  const build = 1800;
  const visited = visit(input, {
    ...brief(input),
    heartbeat: true,
    deadline: build + 600,
    command: agentCommand(input.connection.user, removeWords(build, input.activation)),
    input: () => agentInput(agentScript(packageRoot()), ""),
  });
  return unlessGone(input, visited);
}

/** What the host says of itself, JSON. */
export async function status(text: string): Promise<number> {
  return report(await run(readHost(text), ["status"], () => ""));
}

/**
 * Destroying must not wait long for machines that are no more. One that is made here goes together with what is on it, and nobody is asked:
 * only after a refresh that has found it gone, or with `--target`.
 */
export const brief = ({ made }: Pick<HostInput, "made">) => ({ connect: made === true ? 2 : 5, retryFor: 3 });

type Options = Pick<Visit, "connect" | "retryFor">;

/** One command of the agent, perhaps over the connection of the one before it. */
function run(target: HostInput, words: string[], input: () => string | Promise<string>, options: Options = {}) {
  const agent = agentScript(packageRoot());
  return visit(target, {
    ...options,
    heartbeat: false,
    command: serveCommand(target.connection.user),
    serves: true,
    overKept: Buffer.alloc(0),
    input: async () => inCommand(agent, words, await input()),
  });
}

function report(ended: { code: number; stdout: string }): number {
  caller().out(ended.stdout);
  return ended.code;
}

async function unlessGone({ name }: HostInput, ended: ReturnType<typeof run>): Promise<number> {
  try {
    return report(await ended);
  } catch (error) {
    if (!(error instanceof ReachError) || !error.failure?.gone) throw error;
    say(name, `${error.message}. Taken for gone: nothing is left to remove there`);
    return 0;
  }
}
