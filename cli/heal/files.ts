import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { loginName } from "./state";

/** A stack whose state the engine keeps in files of this machine. */
export interface StateFiles {
  /** Folder of the locks; there is none before the first. */
  locks: string;
  /** The state; there is none before the first deployment, and by another name where it is compressed. */
  state: string;
}

/** Undefined with any other backend: those know by themselves who is at work. And where nobody is logged in: the engine, which runs next, says so. */
export function stateFiles(stack: string): StateFiles | undefined {
  const url = backend();
  if (!url?.startsWith("file://")) return undefined;
  const folder = url.startsWith("file://~") ? url.replace("file://~", process.env.HOME ?? "") : fileURLToPath(url);
  const { name } = load(readFileSync("Pulumi.yaml", "utf8")) as { name: string };
  return {
    locks: join(folder, ".pulumi", "locks", "organization", name, stack),
    state: join(folder, ".pulumi", "stacks", name, `${stack}.json`),
  };
}

function backend(): string | undefined {
  try {
    const said = execFileSync("pulumi", ["whoami", "--json"], {
      encoding: "utf8",
      env: process.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return (JSON.parse(said) as { url: string }).url;
  } catch {
    return undefined;
  }
}

/** Whether a stack never had anything at Proxmox. The file tells at once what the engine's export takes a second for; without it: not known. */
export function isWithoutProxmox(state: string): boolean {
  return existsSync(state) && !readFileSync(state, "utf8").includes(loginName);
}
