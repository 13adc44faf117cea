import { must, run } from "./sandbox";

/**
 * One sandbox for all engine tests, made before the first and removed after the last. With NIXMON_ENGINE_KEEP set, a sandbox that is up
 * already is used and none is removed: for work on one test file at a time.
 */
export default function globalSetup(): void {
  if (process.env.NIXMON_ENGINE_PART === "alone") return;
  if (process.env.NIXMON_ENGINE_KEEP && run(["sandbox/hosts/machine.sh", "exec", "nixmon", "true"]).code === 0) return;
  must(["sandbox/down.sh"]);
  must(["sandbox/up.sh"]);
}
