import { readFileSync } from "node:fs";

interface Process {
  name: string;
  parent: number;
}

/**
 * The processes from ours up to the engine's (`pulumi`), ours first; undefined where no engine is among them, as when a person runs push.js.
 * @param read what the system says of a process, undefined where it is gone
 */
export function chainToEngine(pid: number, read: (pid: number) => Process | undefined): number[] | undefined {
  const chain = [pid];
  for (let at = read(pid); at !== undefined && at.parent > 1; at = read(at.parent)) {
    chain.push(at.parent);
    // The plugin between the engine and us is called pulumi-resource-command.
    if (read(at.parent)?.name === "pulumi") return chain;
  }
  return undefined;
}

/** Whether each process of the chain is still the child of the next one. */
export function chainHolds(chain: readonly number[], read: (pid: number) => Process | undefined): boolean {
  return chain.every((pid, place) => place === chain.length - 1 || read(pid)?.parent === chain[place + 1]);
}

/**
 * Calls `gone` when the engine that started us is killed. Its plugins outlive it by minutes, and an orphaned push would go on to change a
 * host that nobody watches. Without /proc (not Linux) nothing is watched, and the push runs to its end.
 */
export function watchEngine(gone: () => void): void {
  const chain = chainToEngine(process.pid, readProcess);
  if (chain === undefined) return;
  const timer = setInterval(() => {
    if (chainHolds(chain, readProcess)) return;
    clearInterval(timer);
    gone();
  }, 1000);
  timer.unref();
}

/** See proc(5), `stat`: the name is in parentheses and may itself hold some. */
function readProcess(pid: number): Process | undefined {
  try {
    const found = /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return found ? { name: found[1] ?? "", parent: Number(found[2]) } : undefined;
  } catch {
    return undefined;
  }
}
