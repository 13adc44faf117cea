/** A lock as the engine writes it beside a state in files: who holds it. */
export interface Lock {
  pid: number;
  hostname: string;
}

export interface Here {
  hostname: string;
  /** Whether an engine runs under this number. */
  engineRuns: (pid: number) => boolean;
}

/** The text of a lock file; undefined where it is no lock that we know. */
export function readLock(text: string): Lock | undefined {
  try {
    const { pid, hostname } = JSON.parse(text) as Partial<Lock>;
    return typeof pid === "number" && typeof hostname === "string" ? { pid, hostname } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether every lock was left by an engine of this machine that is no more. A lock of another machine, or one that cannot be read, is left
 * alone: nobody here can know whether its holder is at work. (Containers that share a state must not share a host name.)
 */
export function allAreLeftovers(locks: readonly (Lock | undefined)[], here: Here): boolean {
  return (
    locks.length > 0 &&
    locks.every((lock) => lock !== undefined && lock.hostname === here.hostname && !here.engineRuns(lock.pid))
  );
}
