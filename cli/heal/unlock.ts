import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { allAreLeftovers, readLock } from "./locks";

/** Lifts the lock that an engine of this machine left when it was killed, which would stop every run until somebody says `pulumi cancel`. */
export function unlock(stack: string, folder: string): void {
  if (!existsSync(folder)) return;
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const locks = files.map((name) => readLock(readFileSync(join(folder, name), "utf8")));
  if (!allAreLeftovers(locks, { hostname: hostname(), engineRuns })) return;
  process.stderr.write(`${stack}: the last run was killed; lifting its lock on the state\n`);
  execFileSync("pulumi", ["cancel", "--yes", "--stack", stack], { stdio: ["ignore", "ignore", "inherit"] });
}

function engineRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not allowed to signal it means that it is there.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  const name = `/proc/${pid}/comm`;
  // The number may belong to another program by now; where there is no /proc it counts as an engine.
  return !existsSync(name) || readFileSync(name, "utf8").trim() === "pulumi";
}
