import { type FileHandle, open, readFile, readlink } from "node:fs/promises";
import { onBehalfOf } from "./caller";
import { carryOut } from "./verbs";

/** The numbers under which push.sh keeps its stdin, stdout and stderr. */
const stdio = { input: 6, out: 7, err: 8 } as const;

/**
 * Does in this process what another one was called for: with that one's stdin, environment and folder, and what is said goes where its words go.
 * @param gone aborted when the other process is no more
 * @returns the exit code; undefined where the system does not show these things of it: nothing of its stdin was read then
 */
export async function standIn(pid: number, verb: string, gone: AbortSignal): Promise<number | undefined> {
  const shown = `/proc/${pid}`;
  const found = await Promise.all([
    open(`${shown}/fd/${stdio.input}`),
    open(`${shown}/fd/${stdio.out}`, "a"),
    open(`${shown}/fd/${stdio.err}`, "a"),
    readFile(`${shown}/environ`, "utf8"),
    readlink(`${shown}/cwd`),
  ]).catch(() => undefined);
  if (found === undefined) return undefined;
  const [input, stdout, stderr, environment, folder] = found;
  const [out, err] = [wordsTo(stdout), wordsTo(stderr)];
  const who = { out: out.say, err: err.say, environment: variables(environment), folder, gone };
  const code = await onBehalfOf(who, async () => carryOut(verb, await input.readFile("utf8")));
  await Promise.all([input.close(), out.end(), err.end()]);
  return code;
}

function wordsTo(handle: FileHandle) {
  // an error: nobody reads any more
  const stream = handle.createWriteStream().on("error", () => undefined);
  return {
    say: (text: string) => void stream.write(text),
    end: () => new Promise<unknown>((resolve) => stream.end(resolve)),
  };
}

/** See proc(5), `environ`. */
function variables(text: string): NodeJS.ProcessEnv {
  const lines = text.split("\0").filter((line) => line.includes("="));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
