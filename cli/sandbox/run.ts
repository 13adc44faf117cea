import { spawnSync } from "node:child_process";
import { SandboxError } from "./context";

/** Runs a program to its end with its messages shown; answers its standard output. */
export function run(command: string, ...words: string[]): string {
  const done = spawnSync(command, words, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error) throw new SandboxError(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0)
    throw new SandboxError(
      `${command} ${words.join(" ")} ended with ${done.status ?? done.signal}; see the lines above`,
    );
  return done.stdout;
}

/** Like `run` for programs that chatter: what it says is shown only when it fails. */
export function runQuietly(command: string, ...words: string[]): void {
  const done = spawnSync(command, words, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  if (done.error) throw new SandboxError(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0)
    throw new SandboxError(`${command} ended with ${done.status ?? done.signal}: ${done.stderr.trim()}`);
}

/** Like `run`, with everything it prints shown; answers the exit code. */
export function runThrough(command: string, ...words: string[]): number {
  return spawnSync(command, words, { stdio: "inherit" }).status ?? 1;
}
