import { existsSync, readdirSync } from "node:fs";
import { type Folders, SandboxError } from "./context";
import { runScript } from "./run";

export function demandRoot(at: Folders): void {
  runScript(at.machineScript, "root");
}

/** Everything that could be in the way, looked at before anything is made. What programs must be there, `tools/needs.sh` has checked. */
export function preflight(at: Folders): void {
  runScript(at.machineScript, "check");
  if (!existsSync("/sys/fs/cgroup"))
    throw new SandboxError("/sys/fs/cgroup is not there: the sandbox's hosts run systemd, which needs control groups");
  if (existsSync(at.state) && !existsSync(at.marker) && readdirSync(at.state).length > 0) {
    throw new SandboxError(
      `${at.state} exists, is not empty and was not made by the sandbox: set NIXMON_SANDBOX to another folder`,
    );
  }
}
