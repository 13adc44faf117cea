import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { type Folders, PVE, SandboxError } from "./context";
import { runQuietly } from "./run";

const START_SECONDS = 20;

/** PID of the simulated API; a number that another program has by now does not count. */
export function proxmoxPid(at: Folders): number | undefined {
  return serverProcess(at)?.pid;
}

function serverProcess(at: Folders): { pid: number; words: string[] } | undefined {
  try {
    const pid = Number(readFileSync(at.pid, "utf8"));
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const ours = words.includes(at.state) && words.some((word) => word.endsWith("sandbox/proxmox/main.js"));
    return ours ? { pid, words } : undefined;
  } catch {
    return undefined; // never started, or ended
  }
}

/** Login of the simulated API, its certificate, and the key pair that the deployer uses: made once, kept until `down`. */
export function makeCredentials(at: Folders): void {
  mkdirSync(at.proxmox, { recursive: true, mode: 0o700 });
  mkdirSync(at.ssh, { recursive: true, mode: 0o700 });
  if (!existsSync(at.password))
    writeFileSync(at.password, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o400 });
  if (!existsSync(at.sshKey))
    runQuietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "nixmon-sandbox-deployer", "-f", at.sshKey);
  if (!existsSync(at.certificate)) {
    runQuietly(
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "3650",
      "-keyout",
      at.key,
      "-out",
      at.certificate,
      "-subj",
      "/CN=pve.sandbox.test/O=simulated by the nixmon sandbox",
      "-addext",
      `subjectAltName=DNS:pve.sandbox.test,IP:${PVE.address}`,
    );
  }
}

function newest(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? newest(join(folder, entry.name)) : statSync(join(folder, entry.name)).mtimeMs,
    ),
  );
}

function answers(): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(PVE.port, PVE.address);
    socket.once("connect", () => done(true)).once("error", () => done(false));
    socket.once("close", () => socket.destroy()).setTimeout(1000, () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}

async function until(what: () => Promise<boolean> | boolean, seconds: number): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await what()) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}

/** Starts the simulated API as a process of its own; one that runs code older than what is built now, or another version, is replaced. */
export async function startProxmox(at: Folders): Promise<void> {
  if (!existsSync(at.server)) throw new SandboxError(`${at.server} is not built: run 'make build'`);
  const running = serverProcess(at);
  const wanted = running?.words.at(-1) === PVE.version && newest(dirname(at.server)) <= statSync(at.pid).mtimeMs;
  if (wanted) return;
  await stopProxmox(at);
  const log = openSync(at.log, "a", 0o600);
  const words = [at.server, at.state, PVE.address, String(PVE.port), at.machineScript, PVE.version];
  const child = spawn(process.execPath, words, {
    detached: true,
    stdio: ["ignore", log, log],
  });
  writeFileSync(at.pid, String(child.pid));
  child.unref();
  // not by its command line: for a moment that is still ours
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  const up = await until(async () => ended || (await answers()), START_SECONDS);
  if (!up || ended) {
    const last = readFileSync(at.log, "utf8").trimEnd().split("\n").slice(-5).join("\n");
    throw new SandboxError(
      `the simulated Proxmox API did not start on ${PVE.address}:${PVE.port} (log: ${at.log}):\n${last}`,
    );
  }
}

export async function stopProxmox(at: Folders): Promise<void> {
  const pid = proxmoxPid(at);
  if (pid !== undefined) {
    process.kill(pid, "SIGTERM");
    await until(() => proxmoxPid(at) === undefined, 5);
    killGroup(pid);
    // a process that ends has lost its command line before its socket
    await until(async () => !(await answers()), 5);
  }
  rmSync(at.pid, { force: true });
}

/** The server leads a group of its own: whatever boots a host for it would go on without it, and make that host after all. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
