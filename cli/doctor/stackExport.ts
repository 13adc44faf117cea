import { execFileSync } from "node:child_process";

/**
 * What `pulumi stack export` prints.
 * @param secrets with the stack's secrets in clear; then it must go nowhere but into stdin of a push
 * @throws Error that says what pulumi said, and what to type
 */
export function exportStack(stack: string, secrets = false): string {
  return askEngine(stack, "export", ...(secrets ? ["--show-secrets"] : []));
}

/**
 * What `pulumi stack output` prints, as JSON without secrets.
 * @throws Error that says what pulumi said, and what to type
 */
export function stackOutputs(stack: string): string {
  return askEngine(stack, "output", "--json");
}

function askEngine(stack: string, verb: "export" | "output", ...more: string[]): string {
  try {
    return execFileSync("pulumi", ["stack", verb, "--stack", stack, ...more], {
      encoding: "utf8",
      env: process.env,
      maxBuffer: 256 * 1024 * 1024,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { code, stderr = "" } = error as { code?: string; stderr?: string };
    if (code === "ENOENT") throw new Error("`pulumi` is not on the PATH: `make tools` finds or builds it");
    const said = stderr.trim().replace(/^error: /, "");
    throw new Error(`stack ${stack}: its state cannot be read: ${said}${remedy(stack, said)}`);
  }
}

function remedy(stack: string, said: string): string {
  if (said.includes("no stack named"))
    return `; \`pulumi stack ls\` lists those that are there, \`pulumi stack init ${stack}\` makes it`;
  if (said.includes("PULUMI_ACCESS_TOKEN"))
    return "; say where the state is kept: `pulumi login`, or `pulumi login --local` for this machine";
  return "";
}
