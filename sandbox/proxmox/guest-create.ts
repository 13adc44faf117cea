import { demandBridge, demandConfig, demandStorage } from "./config-rights";
import { PveError } from "./errors";
import { clonedConfig, configure, demandContent, templateOf } from "./guest-config";
import { addToPool, demandFreeId, guestOf, isRunning, nameOf, start } from "./guests";
import { demand } from "./permissions";
import type { Call } from "./router";
import type { Guest, GuestKind } from "./state";
import { isTrue } from "./verify";

/** Makes a guest from nothing (VM) or from a container template (LXC); answers the task. */
export function create(kind: GuestKind, call: Call): string {
  const { api, params, at } = call;
  const vmid = params.vmid ?? "";
  const place = params.pool === undefined ? `/vms/${vmid}` : `/pool/${params.pool}`;
  demand(api.state, call.who, place, "VM.Allocate");
  demandConfig(call, kind, place, params);
  demandFreeId(api, vmid);
  const ostemplate = params.ostemplate;
  if (ostemplate !== undefined && !api.state.volumes.some(({ volid }) => volid === ostemplate)) {
    throw new PveError(500, `volume '${ostemplate}' does not exist`);
  }
  const guest: Guest = {
    vmid: Number(vmid),
    kind,
    node: at.node ?? "",
    template: templateOf(ostemplate ?? ""),
    sshKeys: params["ssh-public-keys"] ?? "",
    machine: "",
    lease: "",
    startedAt: 0,
    config: kind === "lxc" ? { arch: "amd64", ostype: "unmanaged", memory: 512, swap: 512 } : {},
  };
  configure(guest, params, api.state.volumes);
  // Without one, a container gets a root disk on the storage that was named.
  if (kind === "lxc" && guest.config.rootfs === undefined)
    configure(guest, { rootfs: `${params.storage ?? "local-zfs"}:4` }, []);
  addToPool(api, params.pool, guest.vmid);
  api.state.guests[vmid] = guest;
  api.save();
  return api.tasks.start(guest.node, kind === "lxc" ? "vzcreate" : "qmcreate", vmid, call.who.userid, async () => {
    if (isTrue(params.start)) start(call, guest);
  });
}

/** Copies a stopped guest or a template; answers the task. */
export function clone(kind: GuestKind, call: Call): string {
  const { api, params } = call;
  const source = guestOf(call, kind, "VM.Clone");
  const newid = params.newid ?? "";
  demand(api.state, call.who, params.pool === undefined ? `/vms/${newid}` : `/pool/${params.pool}`, "VM.Allocate");
  demandFreeId(api, newid);
  const storage = params.storage;
  if (storage !== undefined) demandContent(storage, kind === "lxc" ? "rootdir" : "images");
  if (params.target !== undefined && !api.state.nodes.includes(params.target))
    throw new PveError(500, `no such cluster node '${params.target}'`);
  if (isRunning(api, source))
    throw new PveError(500, `the sandbox can clone a stopped guest only; ${source.vmid} is running`);
  demandCopy(call, source.config);
  const config = clonedConfig(source, Number(newid));
  for (const [name, value] of Object.entries(config)) {
    if (storage !== undefined && typeof value === "string" && /^[a-z0-9-]+:(vm|subvol)-/.test(value))
      config[name] = value.replace(/^[^:]+/, storage);
  }
  config[kind === "lxc" ? "hostname" : "name"] = params.name ?? params.hostname ?? `Copy-of-VM-${nameOf(source)}`;
  if (params.description !== undefined) config.description = params.description;
  addToPool(api, params.pool, Number(newid));
  api.state.guests[newid] = {
    vmid: Number(newid),
    kind,
    node: params.target ?? source.node,
    config,
    template: source.template,
    sshKeys: source.sshKeys,
    machine: "",
    lease: "",
    startedAt: 0,
  };
  api.save();
  return api.tasks.start(
    source.node,
    kind === "lxc" ? "vzclone" : "qmclone",
    String(source.vmid),
    call.who.userid,
    async (log) => {
      log(`simulated node: full clone of ${source.vmid} to ${newid}`);
    },
  );
}

/** A clone takes space where its disks go, and a place on each bridge of the original's. */
function demandCopy(call: Call, config: Guest["config"]): void {
  for (const [name, value] of Object.entries(config)) {
    const [, storage] = /^([a-z0-9-]+):(?:vm|base|subvol|basevol)-/.exec(String(value)) ?? [];
    if (storage !== undefined) demandStorage(call, call.params.storage ?? storage);
    if (/^net\d+$/.test(name)) demandBridge(call, String(value));
  }
}
