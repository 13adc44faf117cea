#!/usr/bin/env node
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand, runMain } from "citty";
import { load } from "js-yaml";
import { allAreLeftovers, readLock } from "./unlock/locks";

/** What `make up` does first: an engine that was killed leaves a lock, which would stop every run until somebody says `pulumi cancel`. */
const command = defineCommand({
  meta: {
    name: "unlock",
    description: "Lifts the lock that an engine of this machine left on a state in files when it was killed",
  },
  args: { stack: { type: "string", required: true, description: "name of the stack" } },
  run({ args }) {
    const folder = lockFolder(args.stack);
    if (folder === undefined || !existsSync(folder)) return;
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const locks = files.map((name) => readLock(readFileSync(join(folder, name), "utf8")));
    if (!allAreLeftovers(locks, { hostname: hostname(), engineRuns })) return;
    process.stderr.write(`${args.stack}: the last run was killed; lifting its lock on the state\n`);
    execFileSync("pulumi", ["cancel", "--yes", "--stack", args.stack], { stdio: ["ignore", "ignore", "inherit"] });
  },
});

/** Undefined where the state is not in files of this machine: other backends know by themselves who is at work. */
function lockFolder(stack: string): string | undefined {
  const { url } = JSON.parse(execFileSync("pulumi", ["whoami", "--json"], { encoding: "utf8" })) as { url: string };
  if (!url.startsWith("file://")) return undefined;
  const state = url.startsWith("file://~") ? url.replace("file://~", process.env.HOME ?? "") : fileURLToPath(url);
  const project = load(readFileSync("Pulumi.yaml", "utf8")) as { name: string };
  return join(state, ".pulumi", "locks", "organization", project.name, stack);
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

runMain(command);
