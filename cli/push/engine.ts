import { readFileSync } from "node:fs";

interface Process {
  name: string;
  parent: number;
}

type Read = (pid: number) => Process | undefined;

/**
 * The processes from ours up to the engine's (`pulumi`), ours first; undefined where no engine is among them, as when a person runs push.js.
 * @param read what the system says of a process, undefined where it is gone
 */
export function chainToEngine(pid: number, read: Read = readStat): number[] | undefined {
  const chain = [pid];
  for (let at = read(pid); at !== undefined && at.parent > 1; at = read(at.parent)) {
    chain.push(at.parent);
    // The plugin between the engine and us is called pulumi-resource-command.
    if (read(at.parent)?.name === "pulumi") return chain;
  }
  return undefined;
}

/** Whether each process of the chain is still the child of the next one. */
export function chainHolds(chain: readonly number[], read: Read): boolean {
  return chain.every((pid, place) => place === chain.length - 1 || read(pid)?.parent === chain[place + 1]);
}

/** How often it is looked whether another process is still there, ms. A whole push may take less than a second. */
export const lookEvery = 200;

/**
 * Calls `gone` when the engine that started us is killed. Its plugins outlive it by minutes, and an orphaned push would go on to change a
 * host that nobody watches. Without /proc (not Linux) nothing is watched, and the push runs to its end.
 */
export function watchEngine(gone: () => void): void {
  const chain = chainToEngine(process.pid);
  if (chain === undefined) return;
  const timer = setInterval(() => {
    if (chainHolds(chain, readStat)) return;
    clearInterval(timer);
    gone();
  }, lookEvery);
  timer.unref();
}

let ending = false;

/** Ends this process on a signal, and when the engine that started it is gone; what else is to be ended then hangs on its `exit`. */
export function endOnSignals(): void {
  if (ending) return;
  ending = true;
  watchEngine(() => process.exit(143));
  // not `once`: a second signal would end us before what hangs on `exit` is done
  for (const [signal, code] of Object.entries(signalCodes)) process.on(signal, () => process.exit(code));
}

export const signalCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The engine above a process, as no other one of this machine's was or will be: its number and when it started (ticks since boot). */
export function engineOf(pid: number): string | undefined {
  const engine = chainToEngine(pid)?.at(-1);
  const started = engine === undefined ? undefined : readStat(engine)?.started;
  return started === undefined ? undefined : `${engine}-${started}`;
}

/** See proc(5), `stat`: the name is in parentheses and may itself hold some; the parent is field 4, the start field 22. */
function readStat(pid: number): (Process & { started: string }) | undefined {
  try {
    const found = /^\d+ \((.*)\) \S (\d+) (?:-?\d+ ){17}(\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return found ? { name: found[1] ?? "", parent: Number(found[2]), started: found[3] ?? "" } : undefined;
  } catch {
    return undefined;
  }
}
