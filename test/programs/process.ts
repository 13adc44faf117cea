import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";

/** A server on loopback that a test started. */
export interface Running {
  /** Ends it as systemd would, and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Starts a program from the PATH and waits until it says that it is ready.
 * @param folder gets its log
 * @param ready URL that answers 2xx then
 * @throws Error with the log when it ends before, or is not ready in time
 */
export async function startProgram(
  program: string,
  args: readonly string[],
  { folder, ready, seconds = 10 }: { folder: string; ready: string; seconds?: number },
): Promise<Running> {
  const log = join(folder, "log");
  const child = spawn(program, args, { stdio: ["ignore", openSync(log, "a"), openSync(log, "a")] });
  const gone = new Promise((done) => child.once("exit", done));
  for (const end = Date.now() + seconds * 1000; child.exitCode === null && Date.now() < end; ) {
    const up = await fetch(ready).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) {
      return {
        stop: async () => {
          child.kill("SIGTERM");
          await gone;
        },
      };
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`${program} did not start:\n${readFileSync(log, "utf8")}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
