import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineCommand, runMain } from "citty";
import { demandRoot, preflight } from "./sandbox/checks";
import { type Folders, folders, PVE, SandboxError } from "./sandbox/context";
import { listMachines, machineDo, machineUp } from "./sandbox/machines";
import { makeCredentials, proxmoxPid, startProxmox, stopProxmox } from "./sandbox/proxmox";
import { AlreadyTold, runScript, runThrough } from "./sandbox/run";

async function up(at: Folders): Promise<void> {
  preflight(at);
  process.env.NIXMON_ROOT = runScript(at.rootImageScript).trim();
  mkdirSync(at.state, { recursive: true, mode: 0o755 });
  writeFileSync(at.marker, "Made by the nixmon sandbox; 'make sandbox-down' removes this folder.\n");
  runScript(at.machineScript, "bridge");
  // where the engine keeps the stacks' state
  mkdirSync(`${at.state}/state`, { recursive: true, mode: 0o700 });
  makeCredentials(at);
  runScript(at.ownerScript);
  await startProxmox(at);
  // After a restart of this machine the hosts are there and off.
  for (const { name, state } of listMachines(at)) if (state !== "running") runScript(at.machineScript, "up", name);
  console.log(
    `sandbox: simulated Proxmox VE https://${PVE.address}:${PVE.port}, node ${PVE.node}, user ${PVE.user}, password in ${at.password}`,
  );
  console.log(`sandbox: deployer's SSH key ${at.sshKey}`);
}

async function down(at: Folders): Promise<void> {
  demandRoot(at);
  await stopProxmox(at);
  runScript(at.machineScript, "down", "--all");
  if (existsSync(at.marker)) removeState(at.state);
  console.log("sandbox: removed");
}

/** Removes the state folder; of one that is a file system of its own, the content. */
function removeState(folder: string): void {
  for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EBUSY" && code !== "EPERM") throw error;
    console.log(`sandbox: ${folder} is empty and stays: it is a mount point, or may not be removed`);
  }
}

function status(at: Folders): void {
  const pid = proxmoxPid(at);
  console.log(
    `simulated Proxmox VE\t${pid === undefined ? "not running" : `running, PID ${pid}, https://${PVE.address}:${PVE.port}, log ${at.log}`}`,
  );
  for (const { name, state, address, template } of listMachines(at))
    console.log(`${name}\t${state}\t${address}\t${template}`);
  if (pid === undefined) process.exitCode = 1;
}

/** Tells a SandboxError as one line; anything else is a bug and keeps its stack trace. */
function command(description: string, what: (at: Folders) => unknown) {
  return defineCommand({ meta: { description }, run: () => guarded(what) });
}

async function guarded(what: (at: Folders) => unknown): Promise<void> {
  try {
    await what(folders());
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    if (!(error instanceof AlreadyTold)) console.error(`sandbox: ${error.message}`);
    process.exitCode = 1;
  }
}

const name = { type: "positional", required: true, description: "Name of the host" } as const;

const machine = defineCommand({
  meta: { description: "Hosts without the simulated Proxmox VE, as if somebody else had made them" },
  subCommands: {
    up: defineCommand({
      meta: { description: "Make and boot a host; prints its public SSH host key" },
      args: {
        name,
        ip: { type: "string", description: "Address in the sandbox's range; needed when the host is new" },
        template: { type: "string", description: "nixos-base, nixos-io or nixos-identity. Default nixos-base" },
        keys: { type: "string", description: "File of public keys that may log in. Default: the deployer's" },
      },
      run: ({ args }) =>
        guarded((at) => {
          demandRoot(at);
          console.log(machineUp(at, args));
        }),
    }),
    stop: defineCommand({
      meta: { description: "Shut a host down, keep its disk" },
      args: { name },
      run: ({ args }) => {
        process.exitCode = machineDo(folders(), "stop", [args.name]);
      },
    }),
    down: defineCommand({
      meta: { description: "Remove a host" },
      args: { name },
      run: ({ args }) => {
        process.exitCode = machineDo(folders(), "down", [args.name]);
      },
    }),
    "host-key": defineCommand({
      meta: { description: "Print the public SSH host key" },
      args: { name },
      run: ({ args }) => {
        process.exitCode = machineDo(folders(), "host-key", [args.name]);
      },
    }),
    exec: defineCommand({
      meta: { description: "Run a command in a host as root" },
      args: { name },
      run: ({ args }) => {
        process.exitCode = machineDo(folders(), "exec", [args.name, ...args._.slice(1)]);
      },
    }),
    list: command("List the hosts", (at) => {
      process.exitCode = runThrough("sh", at.machineScript, "list");
    }),
  },
});

runMain(
  defineCommand({
    meta: {
      name: "sandbox",
      description: "The sandbox: a network, a simulated Proxmox VE and hosts that are systemd containers",
    },
    subCommands: {
      up: command("Make the network, the simulated Proxmox VE and the credentials; hosts come from Pulumi", up),
      down: command("Remove everything that the sandbox made; works after a crash too", down),
      status: command("What runs", status),
      reset: command("down, then up", async (at) => {
        await down(at);
        await up(at);
      }),
      machine,
    },
  }),
);
