import { must } from "../engine/sandbox";

export default function globalTeardown(): void {
  if (process.env.NIXMON_FAULTS_OWN) must(["sandbox/down.sh"]);
}
