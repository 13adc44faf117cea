import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** An error that is told to the user as it is, without a stack trace. */
export class SandboxError extends Error {}

export const PVE = {
  address: process.env.NIXMON_SANDBOX_ADDRESS?.split("/")[0] ?? "10.231.77.1",
  port: 8006,
  user: "root@pam",
  node: "pve1",
  /** The release that the simulated API answers as: 8, or 9 where the environment says so. */
  version: process.env.NIXMON_SANDBOX_PVE === "9" ? "9" : "8",
};

function projectRoot(): string {
  let at = __dirname;
  while (!existsSync(join(at, "sandbox", "hosts", "machine.sh"))) {
    const above = dirname(at);
    if (above === at)
      throw new SandboxError(
        `sandbox/hosts/machine.sh not found above ${__dirname}: the sandbox runs from a checkout of the project only`,
      );
    at = above;
  }
  return at;
}

/** Where the sandbox keeps things. */
export function folders() {
  const state = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";
  const root = projectRoot();
  const proxmox = join(state, "proxmox");
  return {
    state,
    /** Says that the folder is the sandbox's own and may be removed. */
    marker: join(state, ".nixmon-sandbox"),
    cache: process.env.NIXMON_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "nixmon"),
    ownerScript: join(root, "sandbox", "hosts", "owner.sh"),
    passwords: join(state, "identity", "passwords"),
    machineScript: join(root, "sandbox", "hosts", "machine.sh"),
    rootImageScript: join(root, "sandbox", "hosts", "root-image.sh"),
    server: join(__dirname, "..", "..", "sandbox", "proxmox", "main.js"),
    ssh: join(state, "ssh"),
    sshKey: join(state, "ssh", "id_ed25519"),
    proxmox,
    password: join(proxmox, "password"),
    certificate: join(proxmox, "cert.pem"),
    key: join(proxmox, "key.pem"),
    pid: join(proxmox, "pid"),
    log: join(proxmox, "log"),
  };
}

export type Folders = ReturnType<typeof folders>;
