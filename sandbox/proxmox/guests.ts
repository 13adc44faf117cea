import { PveError } from "./errors";
import { addressing } from "./guest-config";
import type { MachineSpec } from "./hypervisor";
import { demand } from "./permissions";
import type { Api, Call } from "./router";
import type { Guest, GuestKind, State, Volume } from "./state";
import { properties } from "./verify";

const MiB = 1024 ** 2;
const UNITS: Readonly<Record<string, number>> = { K: 1024, M: MiB, G: 1024 * MiB, T: 1024 ** 2 * MiB };
/** The part of the sandbox's range that its DHCP gives out. */
const LEASES = { first: 150, last: 199, length: 24 };

export function nameOf(guest: Guest): string {
  return String(guest.config.name ?? guest.config.hostname ?? `${guest.kind === "lxc" ? "CT" : "VM"}${guest.vmid}`);
}

/** The guest that a request is about; the error is the one that clients take for "it is gone". */
export function guestOf(call: Call, kind: GuestKind, ...anyOf: string[]): Guest {
  const vmid = call.at.vmid ?? "";
  demand(call.api.state, call.who, `/vms/${vmid}`, ...(anyOf.length === 0 ? ["VM.Audit"] : anyOf));
  const guest = call.api.state.guests[vmid];
  if (guest === undefined || guest.kind !== kind || guest.node !== call.at.node) {
    const folder = kind === "lxc" ? "lxc" : "qemu-server";
    throw new PveError(500, `Configuration file 'nodes/${call.at.node}/${folder}/${vmid}.conf' does not exist`);
  }
  return guest;
}

export function isRunning(api: Api, guest: Guest): boolean {
  return guest.machine !== "" && api.hypervisor.running(guest.machine);
}

export function sizeInBytes(size: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(size) ?? [];
  return number === undefined ? 0 : Number(number) * (UNITS[unit ?? ""] ?? 1);
}

export function rootDisk(guest: Guest): string {
  const boot = /order=([a-z0-9]+)/.exec(String(guest.config.boot ?? ""))?.[1];
  return ["rootfs", boot ?? "", "scsi0", "virtio0", "sata0"].find((name) => guest.config[name] !== undefined) ?? "";
}

/** The numbers of a guest that lists and status pages show. */
export function guestStatus(api: Api, guest: Guest) {
  const running = isRunning(api, guest);
  const maxmem = Number(guest.config.memory ?? 512) * MiB;
  const { cores, sockets, template, tags } = guest.config;
  return {
    vmid: guest.vmid,
    name: nameOf(guest),
    status: running ? "running" : "stopped",
    template: Number(template ?? 0),
    ...(tags === undefined ? {} : { tags }),
    maxcpu: Number(cores ?? 1) * Number(sockets ?? 1),
    cpu: running ? 0.02 : 0,
    maxmem,
    mem: running ? Math.floor(maxmem / 4) : 0,
    maxdisk: sizeInBytes(properties(String(guest.config[rootDisk(guest)] ?? "")).size ?? "0"),
    disk: 0,
    uptime: running ? Math.floor((Date.now() - guest.startedAt) / 1000) : 0,
    netin: 0,
    netout: 0,
    diskread: 0,
    diskwrite: 0,
  };
}

/** The disks of all guests, as the storages list them. */
export function guestVolumes(state: State): Volume[] {
  return Object.values(state.guests).flatMap((guest) =>
    Object.values(guest.config).flatMap((value) => {
      const volid = String(value).split(",")[0] ?? "";
      if (!/^[a-z0-9-]+:(vm|base|subvol|basevol)-\d+-/.test(volid)) return [];
      const content = guest.kind === "lxc" ? "rootdir" : "images";
      const format = guest.kind === "lxc" ? "subvol" : "raw";
      return [{ volid, content, format, size: sizeInBytes(properties(String(value)).size ?? "0"), vmid: guest.vmid }];
    }),
  );
}

/** Name of the sandbox host behind a guest: the first label of its name; no two guests may share it. */
function machineName(api: Api, guest: Guest): string {
  const name = (nameOf(guest).split(".")[0] ?? "").toLowerCase();
  const other = Object.values(api.state.guests).find((each) => each.vmid !== guest.vmid && each.machine === name);
  if (other !== undefined)
    throw new Error(
      `simulated node: guests ${other.vmid} and ${guest.vmid} are both named ${name}; the sandbox keeps its hosts by name`,
    );
  return name;
}

function lease(api: Api, guest: Guest): string {
  const taken = new Set(
    Object.values(api.state.guests)
      .filter(({ vmid }) => vmid !== guest.vmid)
      .map((each) => each.lease),
  );
  if (guest.lease !== "" && !taken.has(guest.lease)) return guest.lease;
  const prefix = api.address.replace(/\.\d+$/, "");
  for (let host = LEASES.first; host <= LEASES.last; host += 1) {
    const address = `${prefix}.${host}/${LEASES.length}`;
    if (!taken.has(address)) return address;
  }
  throw new Error(`simulated network: no free address in ${prefix}.${LEASES.first}-${LEASES.last}`);
}

/** What cloud-init (VM) or the container tools (LXC) would tell the guest when it starts. */
export function machineSpec(api: Api, guest: Guest): MachineSpec {
  const { address, gateway, mac } = addressing(api.state, guest);
  if (address === "") guest.lease = lease(api, guest);
  const keys = guest.kind === "lxc" ? guest.sshKeys : decodeURIComponent(String(guest.config.sshkeys ?? ""));
  return {
    name: guest.machine === "" ? machineName(api, guest) : guest.machine,
    address: address === "" ? guest.lease : address,
    gateway: address === "" ? api.address : gateway,
    mac,
    template: guest.template,
    authorizedKeys: keys,
  };
}

/** Starts a task that boots the guest. */
export function start(call: Call, guest: Guest): string {
  const { api } = call;
  const [type, label] = guest.kind === "lxc" ? ["vzstart", "CT"] : ["qmstart", "VM"];
  if (guest.config.template === 1)
    throw new PveError(500, `you can't start a ${guest.kind === "lxc" ? "CT" : "vm"} if it's a template`);
  if (isRunning(api, guest)) throw new PveError(500, `${label} ${guest.vmid} already running`);
  return api.tasks.start(guest.node, type, String(guest.vmid), call.who.userid, (log) => boot(api, guest, log));
}

/** What a task does that ends with the guest running. */
export async function boot(api: Api, guest: Guest, log: (line: string) => void): Promise<void> {
  const spec = machineSpec(api, guest);
  guest.machine = spec.name;
  guest.startedAt = Date.now();
  api.save();
  log(`simulated node: booting ${spec.name} from template ${spec.template} with address ${spec.address}`);
  await api.hypervisor.start(spec);
}

export function stop(call: Call, guest: Guest, type: string): string {
  const { api } = call;
  return api.tasks.start(guest.node, type, String(guest.vmid), call.who.userid, async () => {
    if (isRunning(api, guest)) await api.hypervisor.stop(guest.machine);
  });
}

/** Starts a task that removes the guest with everything that names it. */
export function destroy(call: Call, guest: Guest): string {
  const { api } = call;
  const label = guest.kind === "lxc" ? "CT" : "VM";
  if (guest.config.protection === 1)
    throw new PveError(500, `can't remove ${label} ${guest.vmid} - protection mode enabled`);
  if (isRunning(api, guest)) throw new PveError(500, `${label} ${guest.vmid} is running - destroy failed`);
  return api.tasks.start(
    guest.node,
    guest.kind === "lxc" ? "vzdestroy" : "qmdestroy",
    String(guest.vmid),
    call.who.userid,
    async () => {
      if (guest.machine !== "") await api.hypervisor.destroy(guest.machine);
      delete api.state.guests[String(guest.vmid)];
      for (const pool of Object.values(api.state.pools)) pool.vms = pool.vms.filter((vmid) => vmid !== guest.vmid);
      api.state.acl = api.state.acl.filter(({ path }) => path !== `/vms/${guest.vmid}`);
      api.save();
    },
  );
}

/** Refuses an id that is taken, in the words of `PVE::Cluster::check_vmid_unused`. */
export function demandFreeId(api: Api, vmid: string): void {
  const taken = api.state.guests[vmid];
  if (taken !== undefined)
    throw new PveError(500, `${taken.kind === "lxc" ? "CT" : "VM"} ${vmid} already exists on node '${taken.node}'`);
}

export function addToPool(api: Api, pool: string | undefined, vmid: number): void {
  if (pool === undefined) return;
  const found = api.state.pools[pool];
  if (found === undefined) throw new PveError(500, `pool '${pool}' does not exist`);
  found.vms.push(vmid);
}
