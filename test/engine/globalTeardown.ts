import { must } from "./sandbox";

export default function globalTeardown(): void {
  if (!process.env.NIXMON_ENGINE_KEEP) must(["sandbox/down.sh"]);
}
