import { execFileSync } from "node:child_process";

/**
 * What `pulumi stack export` prints.
 * @param secrets with the stack's secrets in clear; then it must go nowhere but into stdin of a push
 * @throws Error that says what pulumi said
 */
export function exportStack(stack: string, secrets = false): string {
  try {
    return execFileSync("pulumi", ["stack", "export", "--stack", stack, ...(secrets ? ["--show-secrets"] : [])], {
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { code, stderr = "" } = error as { code?: string; stderr?: string };
    if (code === "ENOENT") throw new Error("`pulumi` is not on the PATH: `make tools` finds or builds it");
    throw new Error(`stack ${stack}: its state cannot be read: ${stderr.trim()}`);
  }
}
