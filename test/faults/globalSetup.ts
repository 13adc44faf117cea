import { existsSync } from "node:fs";
import { must } from "../engine/sandbox";

const sandbox = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";

/** The sandbox without its stacks: bridge, SSH key, place for the state. One that is up already is used, and left as it is. */
export default function globalSetup(): void {
  if (existsSync(`${sandbox}/ssh/id_ed25519`)) return;
  process.env.NIXMON_FAULTS_OWN = "yes";
  must(["node", "dist/cli/sandbox.js", "up"]);
}
