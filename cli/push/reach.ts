import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { caller } from "./caller";
import { endOnSignals } from "./engine";
import { type ConnectionFailure, explain } from "./failure";
import type { HostInput } from "./input";
import { type Ended, endSessions, runSession, type Session } from "./session";
import { keyExchange, knownHostsLine, type SshEnvironment, sshArguments } from "./ssh";

/** The host was not reached, or the connection did not last. */
export class ReachError extends Error {
  constructor(
    message: string,
    /** Undefined where the host was reached and then stopped answering. */
    readonly failure: ConnectionFailure | undefined,
    /** The agent was at work when contact ended, and whether by its silence. */
    readonly lost: { silent: boolean } | undefined = undefined,
  ) {
    super(message);
  }
}

export interface Visit
  extends Pick<Session, "input" | "heartbeat" | "command">,
    Partial<Pick<Session, "overKept" | "serves">> {
  /** Seconds for all of it; default 180. */
  deadline?: number;
  /** Seconds without a sign of life; default 45. To the first one there may be fewer, see `patience`. */
  silence?: number;
  /** Seconds until the SSH handshake must be done; default 10. */
  connect?: number;
  /** Seconds during which `retry` says whether a failed connection is tried again; default 20. */
  retryFor?: number;
  /** Default: where sshd closed the connection, and where it does not run yet on a machine that this run may have just started. */
  retry?: (failure: ConnectionFailure) => boolean | undefined;
}

/**
 * Seconds for connecting and the agent's first word. However often it was tried before, a host that hangs is given up within a minute.
 * @param spent seconds since the first try
 */
export function patience(silence: number, connect: number, spent: number): number {
  return Math.min(silence, Math.max(connect + 2, 50 - spent));
}

let folder: string | undefined;

/** Removes the pinned-key files, and ends what runs, with this process. */
export function cleanUp(): void {
  endSessions();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** Cleans up at the end, also on a signal, and when the engine that started us is gone. */
export function installCleanup(): void {
  endOnSignals();
  process.on("exit", cleanUp);
}

/**
 * Runs one command on the host and waits for its end. The exit code is the command's own.
 * @throws ReachError where the host is not reached or does not answer in time
 */
export async function visit(target: HostInput, how: Visit): Promise<Ended> {
  const { name, connection } = target;
  const connect = how.connect ?? 10;
  const args = sshArguments(connection, name, pinnedKey(target), environment(), connect);
  const silence = how.silence ?? 45;
  const started = Date.now();
  let { overKept } = how;
  for (;;) {
    const talk = narrator(name);
    const start = patience(silence, connect, Math.round((Date.now() - started) / 1000));
    const ended = await runSession({
      args,
      command: how.command,
      input: how.input,
      overKept,
      serves: how.serves ?? false,
      heartbeat: how.heartbeat,
      deadline: how.deadline ?? 180,
      start,
      silence,
      onLine: talk.line,
    }).finally(talk.end);
    if (ended.overKept && !ended.answered && ended.cut === undefined) {
      // the connection did not last until now: a new one
      overKept = undefined;
      continue;
    }
    if (ended.cut !== undefined) {
      const lost = ended.answered ? { silent: ended.cut === "silence" } : undefined;
      throw new ReachError(cutMessage(target, ended, ended.answered ? silence : start, talk.step()), undefined, lost);
    }
    if (ended.code !== 255 && (ended.answered || ended.code === 0 || !/^sudo: /m.test(ended.stderr))) return ended;
    const failure = explain(ended.stderr, { name, connection, connectSeconds: connect });
    if (ended.answered)
      throw new ReachError(`${failure.message}, at step ${talk.step()}`, undefined, { silent: false });
    const again = how.retry ?? ((found) => found.kind === "closed" || (target.made && found.kind === "refused"));
    if (!again(failure) || Date.now() - started > (how.retryFor ?? 20) * 1000)
      throw new ReachError(failure.message, failure);
    say(name, `${failure.kind}; trying again`);
    // Hosts of one stack are pushed at the same time: spread their second tries.
    await sleep(1000 + Math.random() * 1000, undefined, { signal: caller().gone });
  }
}

export function say(name: string, text: string): void {
  caller().err(`${name}: ${text}\n`);
}

function environment(): SshEnvironment {
  const { NIXMON_SSH_KEY, NIXMON_SSH_CONFIG, PATH = "" } = caller().environment;
  return { key: NIXMON_SSH_KEY || undefined, config: NIXMON_SSH_CONFIG || undefined, keyExchange: exchangeOf(PATH) };
}

const exchanges = new Map<string, string | undefined>();

/** What the `ssh` of a PATH is to be asked for; found out once. Without ssh there is no list; starting the session says so. */
function exchangeOf(path: string): string | undefined {
  if (!exchanges.has(path)) {
    const { stdout } = spawnSync("ssh", ["-Q", "kex"], {
      env: caller().environment,
      encoding: "utf8",
      timeout: 5000,
    });
    exchanges.set(path, keyExchange(stdout ?? ""));
  }
  return exchanges.get(path);
}

const pinned = new Map<string, string>();

/** The file that pins the host's key. Written once: an ssh that is just starting may be reading it. */
function pinnedKey({ name, connection }: HostInput): string {
  folder ??= mkdtempSync(join(tmpdir(), "nixmon-"));
  const line = knownHostsLine(name, connection.hostKey);
  const file = pinned.get(line) ?? join(folder, `known_hosts-${name}-${pinned.size}`);
  if (!pinned.has(line)) writeFileSync(file, line, { mode: 0o600 });
  pinned.set(line, file);
  return file;
}

/** Passes the agent's progress on, and says every 20 s what it is waiting for. */
function narrator(name: string) {
  let step = "connect";
  let since = Date.now();
  const reminder = setInterval(
    () => say(name, `still at step ${step}, ${Math.round((Date.now() - since) / 1000)} s`),
    20_000,
  );
  return {
    step: () => step,
    end: () => clearInterval(reminder),
    line: (line: string) => {
      const text = line.replace(/^nixmon-agent: /, "").trimEnd();
      if (text === "" || (text === "alive" && text !== line)) return;
      const found = /^nixmon-agent: step (\w+)/.exec(line)?.[1];
      if (found !== undefined) {
        step = found;
        since = Date.now();
      }
      say(name, text);
    },
  };
}

function cutMessage({ name, connection }: HostInput, ended: Ended, seconds: number, step: string): string {
  const where = `${name} (${connection.user}@${connection.host} port ${connection.port})`;
  if (ended.cut === "deadline") return `${where}: step ${step} did not end in the time given to it`;
  if (ended.answered) return `${where}: the host stopped answering at step ${step}: no sign of life for ${seconds} s`;
  return (
    `${where}: connected, but the agent did not start within ${seconds} s: the host hangs ` +
    "(a full or dead disk, a login shell that waits, sudo that asks)"
  );
}
