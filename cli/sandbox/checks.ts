import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Folders, PVE, SandboxError } from "./context";
import { runScript } from "./run";

/** Programs that the sandbox cannot do without, and the Debian package of each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "systemd-nspawn": "systemd-container",
  debootstrap: "debootstrap",
  ip: "iproute2",
  nft: "nftables",
  "ssh-keygen": "openssh-client",
  "ssh-keyscan": "openssh-client",
  openssl: "openssl",
  setsid: "util-linux",
  flock: "util-linux",
  pgrep: "procps",
};

export function demandRoot(): void {
  const uid = process.getuid?.();
  if (process.platform !== "linux")
    throw new SandboxError(
      `the sandbox needs Linux (network namespaces, systemd containers), this is ${process.platform}`,
    );
  if (uid !== 0)
    throw new SandboxError(
      `the sandbox needs root (network namespaces, mounts, containers), this runs as uid ${uid}: use sudo`,
    );
}

function missingPrograms(): string[] {
  const path = (process.env.PATH ?? "").split(delimiter);
  return Object.keys(PROGRAMS).filter((program) => !path.some((folder) => existsSync(join(folder, program))));
}

/** Addresses, as hex, on which a TCP port is listened to: /proc/net/tcp has state 0A for a listening socket. */
function listeners(port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === "0A" && local?.endsWith(`:${wanted}`))
    .map(([, local]) => local?.split(":")[0] ?? "");
}

function demandFreePort(address: string, port: number): void {
  const ours = [...address.split(".")]
    .reverse()
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
    .join("");
  // On the address itself, or on all addresses of the machine.
  if (!listeners(port).some((local) => /^0+$/.test(local) || local === ours)) return;
  throw new SandboxError(
    `TCP port ${port} is in use on this machine ('ss -ltnp sport = :${port}' shows by whom): the simulated Proxmox API needs it on ${address}. Stop that program`,
  );
}

/** Everything that could be in the way, looked at before anything is made. */
export function preflight(at: Folders, proxmoxRuns: boolean): void {
  demandRoot();
  const missing = missingPrograms();
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PROGRAMS[program]))].join(" ");
    throw new SandboxError(
      `programs missing: ${missing.join(", ")}. Run 'make tools', or install (Debian): apt-get install ${packages}`,
    );
  }
  if (!existsSync("/sys/fs/cgroup"))
    throw new SandboxError("/sys/fs/cgroup is not there: the sandbox's hosts run systemd, which needs control groups");
  if (existsSync(at.state) && !existsSync(at.marker) && readdirSync(at.state).length > 0) {
    throw new SandboxError(
      `${at.state} exists, is not empty and was not made by the sandbox: set NIXMON_SANDBOX to another folder`,
    );
  }
  runScript(at.machineScript, "check");
  if (!proxmoxRuns) demandFreePort(PVE.address, PVE.port);
}
