import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Socket } from "node:net";

export type Ssh = ChildProcessWithoutNullStreams;

/** Seconds that a connection is kept. The host waits for its next command a little longer, see `serveCommand`. */
const keptFor = 45;

const kept = new Map<string, { ssh: Ssh; forget: () => void }[]>();

/**
 * Keeps a connection whose host waits for its next command; it keeps no process alive.
 * @param way all that is to be the same for who takes it: address, user, pinned key, environment
 */
export function keep(way: string, ssh: Ssh): void {
  const all = kept.get(way) ?? [];
  kept.set(way, all);
  const forget = () => {
    clearTimeout(timer);
    ssh.off("close", forget);
    all.splice(all.indexOf(entry), 1);
  };
  const timer = setTimeout(() => {
    forget();
    ssh.stdin.end();
  }, keptFor * 1000).unref();
  const entry = { ssh, forget };
  all.push(entry);
  ssh.once("close", forget);
  for (const each of handles(ssh)) each.unref();
}

/** A connection of this way that nobody has taken yet; undefined where there is none. */
export function takeKept(way: string): Ssh | undefined {
  const entry = kept.get(way)?.at(-1);
  if (entry === undefined) return undefined;
  entry.forget();
  const { ssh } = entry;
  if (ssh.exitCode !== null || ssh.signalCode !== null) return takeKept(way);
  for (const each of handles(ssh)) each.ref();
  return ssh;
}

function handles(ssh: Ssh): (Ssh | Socket)[] {
  return [ssh, ...[ssh.stdin, ssh.stdout, ssh.stderr].filter((each) => each instanceof Socket)];
}
