import { spawnSync } from "node:child_process";
import { SandboxError } from "./context";

/** A script of ours failed and has said why itself. */
export class AlreadyTold extends SandboxError {}

/** Runs one of the sandbox's scripts to its end with its messages shown; answers its standard output. */
export function runScript(file: string, ...words: string[]): string {
  const done = spawnSync("sh", [file, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error) throw new SandboxError(`cannot run ${file}: ${done.error.message}`);
  if (done.status !== 0) throw new AlreadyTold(`${file} ended with ${done.status ?? done.signal}`);
  return done.stdout;
}

/** Runs a program that chatters: what it says is shown only when it fails. */
export function runQuietly(command: string, ...words: string[]): void {
  const done = spawnSync(command, words, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  if (done.error) throw new SandboxError(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0)
    throw new SandboxError(`${command} ended with ${done.status ?? done.signal}: ${done.stderr.trim()}`);
}

/** Runs a program with everything it prints shown; answers the exit code. */
export function runThrough(command: string, ...words: string[]): number {
  return spawnSync(command, words, { stdio: "inherit" }).status ?? 1;
}
