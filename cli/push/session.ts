import { AsyncResource } from "node:async_hooks";
import { spawn } from "node:child_process";
import { caller } from "./caller";
import { keep, type Ssh, takeKept } from "./kept";
import { ended, heartbeat } from "./remote";

/** One run of `ssh`. */
export interface Session {
  /** Arguments of ssh without the remote command. */
  args: string[];
  /** The remote command. */
  command: string;
  /** What goes to the remote command; made while ssh connects. */
  input: () => Buffer | Promise<Buffer>;
  /**
   * What goes before the input on a connection that was kept, where there is one to the same host: its host serves
   * (`serveCommand`), whatever `command` says. Undefined: only a new connection will do.
   */
  overKept: Buffer | undefined;
  /** The remote command serves, and its connection may be kept for another session. */
  serves: boolean;
  /** Keep stdin open and show every few seconds that we are there; without it stdin ends after the input. */
  heartbeat: boolean;
  /** Seconds until ssh is killed, whatever happens. */
  deadline: number;
  /** Seconds from the start to the first sign of life until ssh is killed. */
  start: number;
  /** Seconds without a further sign of life until ssh is killed. */
  silence: number;
  /** Gets each line of stderr as it comes. */
  onLine: (line: string) => void;
}

export interface Ended {
  /** Exit code of the remote command; 255 is ssh's own. */
  code: number;
  stdout: string;
  stderr: string;
  /** Whether the agent said anything. */
  answered: boolean;
  /** Why we ended it, if we did. */
  cut: "deadline" | "silence" | undefined;
  /** It went over a connection that was kept. */
  overKept: boolean;
}

const running = new Set<Ssh>();

/** Ends every ssh that still runs; the agents behind them see their stdin end and undo what is not confirmed. */
export function endSessions(): void {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs ssh to its end, to a deadline, or to where its host waits for another command. Rejects only where ssh cannot be started, the input cannot
 * be made, or the caller is gone.
 */
export async function runSession(session: Session): Promise<Ended> {
  const { environment, folder, gone } = caller();
  gone?.throwIfAborted();
  const way = JSON.stringify([session.args, environment, folder]);
  const open = session.overKept && takeKept(way);
  const child = open ?? startSsh([...session.args, session.command], { env: environment, cwd: folder });
  // Who has one call only ends with it.
  const keeps = session.serves && gone !== undefined;

  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    let rest = "";
    let answered = false;
    let served = false;
    let cut: Ended["cut"];
    let failure: Error | undefined;
    let beats: NodeJS.Timeout | undefined;
    const leave = () => {
      failure = new Error("nobody waits for the result any more");
      child.kill("SIGTERM");
    };
    gone?.addEventListener("abort", leave, { once: true });
    const end = (why: Ended["cut"]) => {
      cut ??= why;
      child.kill("SIGKILL");
    };
    const deadline = setTimeout(() => end("deadline"), session.deadline * 1000);
    let silence = setTimeout(() => end("silence"), session.start * 1000);
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(() => end("silence"), session.silence * 1000);
    };
    const settle = (code: number) => {
      gone?.removeEventListener("abort", leave);
      clearTimeout(deadline);
      clearTimeout(silence);
      clearInterval(beats);
      listen("off");
      if (failure !== undefined) return reject(failure);
      const answer = session.serves ? stdout.replace(`${ended}\n`, "") : stdout;
      resolve({ code, stdout: answer, stderr, answered, cut, overKept: open !== undefined });
    };
    const keepIfServed = () => {
      if (!keeps || !served || !stdout.endsWith(`${ended}\n`) || failure !== undefined || cut !== undefined) return;
      keep(way, child);
      settle(0);
    };

    const takeLines = (text: string) => {
      stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("nixmon-agent: ")) answered = true;
        if (line === ended) served = true;
        else session.onLine(line);
      }
    };
    // Bound: an ssh that was kept would call them on behalf of whom it was started for.
    const onStdout = AsyncResource.bind((text: string) => {
      stdout += text;
      alive();
      keepIfServed();
    });
    const onStderr = AsyncResource.bind((text: string) => {
      alive();
      takeLines(text);
      keepIfServed();
    });
    const onError = (error: NodeJS.ErrnoException) => {
      failure = error.code === "ENOENT" ? new Error("`ssh` is not on the PATH: install the OpenSSH client") : error;
    };
    const onClose = AsyncResource.bind((code: number | null) => {
      if (rest !== "") takeLines("\n");
      settle(code ?? 255);
    });
    const listen = (how: "on" | "off") => {
      child.stdout[how]("data", onStdout);
      child.stderr[how]("data", onStderr);
      child.stdin[how]("drain", alive);
      child[how]("error", onError);
      child[how]("close", onClose);
    };
    listen("on");

    Promise.resolve()
      .then(session.input)
      .then((input) => {
        if (open !== undefined) child.stdin.write(session.overKept);
        if (!session.heartbeat && !keeps) return child.stdin.end(input);
        child.stdin.write(input);
        if (session.heartbeat) beats = setInterval(() => child.stdin.write("."), heartbeat.every * 1000);
        return undefined;
      })
      .catch((error: Error) => {
        failure = error;
        child.kill("SIGKILL");
      });
  });
}

function startSsh(words: string[], where: { env: NodeJS.ProcessEnv; cwd: string }): Ssh {
  const child = spawn("ssh", words, { ...where, stdio: ["pipe", "pipe", "pipe"] });
  running.add(child);
  child.on("close", () => running.delete(child));
  // ssh may end before it has read everything; its exit code says why.
  for (const each of [child, child.stdin]) each.on("error", () => undefined);
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}
