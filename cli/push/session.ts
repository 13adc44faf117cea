import { type ChildProcess, spawn } from "node:child_process";
import { caller } from "./caller";
import { heartbeat } from "./remote";

/** One run of `ssh`. */
export interface Session {
  /** Arguments of ssh, the remote command last. */
  args: string[];
  /** What goes to the remote command; made while ssh connects. */
  input: () => Buffer | Promise<Buffer>;
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
}

const running = new Set<ChildProcess>();

/** Ends every ssh that still runs; the agents behind them see their stdin end and undo what is not confirmed. */
export function endSessions(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** Runs ssh to its end, or to a deadline. Rejects only where ssh cannot be started, the input cannot be made, or the caller is gone. */
export async function runSession(session: Session): Promise<Ended> {
  const { environment, folder, gone } = caller();
  gone?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", session.args, { env: environment, cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
    running.add(child);
    const leave = () => {
      failure = new Error("nobody waits for the result any more");
      child.kill("SIGTERM");
    };
    gone?.addEventListener("abort", leave, { once: true });
    let stdout = "";
    let stderr = "";
    let rest = "";
    let answered = false;
    let cut: Ended["cut"];
    let failure: Error | undefined;
    let beats: NodeJS.Timeout | undefined;
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

    const takeLines = (text: string) => {
      stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("nixmon-agent: ")) answered = true;
        session.onLine(line);
      }
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      alive();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      alive();
      takeLines(text);
    });
    child.stdin.on("drain", alive);
    // ssh may end before it has read everything; its exit code says why.
    child.stdin.on("error", () => undefined);
    child.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code === "ENOENT" ? new Error("`ssh` is not on the PATH: install the OpenSSH client") : error;
    });
    child.on("close", (code) => {
      running.delete(child);
      gone?.removeEventListener("abort", leave);
      clearTimeout(deadline);
      clearTimeout(silence);
      clearInterval(beats);
      if (rest !== "") takeLines("\n");
      if (failure !== undefined) reject(failure);
      else resolve({ code: code ?? 255, stdout, stderr, answered, cut });
    });

    Promise.resolve()
      .then(session.input)
      .then((input) => {
        if (!session.heartbeat) return child.stdin.end(input);
        child.stdin.write(input);
        beats = setInterval(() => child.stdin.write("."), heartbeat.every * 1000);
        return undefined;
      })
      .catch((error: Error) => {
        failure = error;
        child.kill("SIGKILL");
      });
  });
}
