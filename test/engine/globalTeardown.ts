import { must } from "./sandbox";

export default function globalTeardown(): void {
  if (!process.env.NIXMON_ENGINE_KEEP && process.env.NIXMON_ENGINE_PART !== "alone") must(["sandbox/down.sh"]);
}
