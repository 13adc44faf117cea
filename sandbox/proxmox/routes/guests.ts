import { createHash } from "node:crypto";
import { demandConfig, demandStorage } from "../config-rights";
import { PveError } from "../errors";
import { CONFIG, CONFIG_CONTROL, configure } from "../guest-config";
import { clone, create } from "../guest-create";
import { boot, destroy, guestOf, guestStatus, isRunning, sizeInBytes, start, stop } from "../guests";
import { STORAGES } from "../hardware";
import { guestPrivileges } from "../permissions";
import { type Call, type Route, route } from "../router";
import type { Guest, GuestKind } from "../state";
import { properties } from "../verify";

const CREATE = { vmid: "vmid!", pool: "id", start: "bool", storage: "id", unique: "bool", bwlimit: "num" } as const;
const EXTRA = {
  qemu: { ...CREATE, archive: "string", "live-restore": "bool" },
  lxc: {
    ...CREATE,
    ostemplate: "string!",
    password: "string",
    "ssh-public-keys": "string",
    restore: "bool",
    "ignore-unpack-errors": "bool",
  },
} as const;
const POWER = {
  timeout: "int",
  skiplock: "bool",
  forceStop: "bool",
  keepActive: "bool",
  "overrule-shutdown": "bool",
} as const;

const MOVE = {
  disk: "string!",
  storage: "id!",
  delete: "bool",
  format: "string",
  digest: "string",
  bwlimit: "int",
} as const;

function digest(guest: Guest): string {
  return createHash("sha1").update(JSON.stringify(guest.config)).digest("hex");
}

function shownConfig(guest: Guest) {
  const { cipassword, description, ...config } = guest.config;
  return {
    ...config,
    ...(cipassword === undefined ? {} : { cipassword: "**********" }),
    // Kept as comment lines at the head of the configuration file; containers show the last line's end, VMs do not.
    ...(description === undefined ? {} : { description: guest.kind === "lxc" ? `${description}\n` : description }),
    digest: digest(guest),
  };
}

function update(kind: GuestKind, call: Call): Guest {
  const guest = guestOf(call, kind);
  demandConfig(call, kind, `/vms/${guest.vmid}`, call.params);
  if (call.params.digest !== undefined && call.params.digest !== digest(guest))
    throw new PveError(500, "detected modified configuration - file changed by other user? Try again.");
  configure(guest, call.params, call.api.state.volumes);
  call.api.save();
  return guest;
}

function resize(kind: GuestKind, call: Call): string {
  const guest = guestOf(call, kind, "VM.Config.Disk");
  const { disk = "", size = "" } = call.params;
  const old = guest.config[disk];
  if (typeof old !== "string") throw new PveError(500, `disk '${disk}' does not exist`);
  demandStorage(call, old.split(":")[0] ?? "");
  const before = sizeInBytes(properties(old).size ?? "0");
  const after = size.startsWith("+") ? before + sizeInBytes(size.slice(1)) : sizeInBytes(size);
  if (after < before) throw new PveError(500, "shrinking disks is not supported");
  guest.config[disk] = old.replace(/,size=[^,]+|$/, `,size=${Math.round(after / 1024 ** 3)}G`);
  call.api.save();
  return call.api.tasks.start(guest.node, "resize", String(guest.vmid), call.who.userid, async () => {});
}

function moveDisk(call: Call): string {
  const guest = guestOf(call, "qemu", "VM.Config.Disk");
  const { disk = "", storage = "" } = call.params;
  const old = guest.config[disk];
  if (typeof old !== "string") throw new PveError(500, `disk '${disk}' does not exist`);
  if (!STORAGES.some((entry) => entry.storage === storage))
    throw new PveError(500, `storage '${storage}' does not exist`);
  demandStorage(call, storage);
  if (old.startsWith(`${storage}:`)) throw new PveError(500, "you can't move to the same storage with same format");
  return call.api.tasks.start(guest.node, "qmmove", String(guest.vmid), call.who.userid, async () => {
    guest.config[disk] = old.replace(/^[^:]+/, storage);
    call.api.save();
  });
}

function current(kind: GuestKind, call: Call) {
  const guest = guestOf(call, kind);
  const { maxcpu: cpus, ...status } = guestStatus(call.api, guest);
  const agent = /(^|,)(enabled=)?1(,|$)/.test(String(guest.config.agent ?? ""));
  return {
    ...status,
    cpus,
    ha: { managed: 0 },
    ...(kind === "qemu"
      ? { qmpstatus: status.status, ...(agent ? { agent: 1 } : {}) }
      : { type: "lxc", maxswap: 0, swap: 0 }),
  };
}

function routesFor(kind: GuestKind): Route[] {
  const base = `/nodes/{node}/${kind}`;
  const one = `${base}/{vmid}`;
  const task = kind === "lxc" ? "vz" : "qm";
  const config = { ...CONFIG[kind], ...CONFIG_CONTROL };
  return [
    route("GET", base, { full: "bool" }, ({ api, who, at }) =>
      Object.values(api.state.guests)
        .filter(
          (guest) =>
            guest.kind === kind &&
            guest.node === at.node &&
            guestPrivileges(api.state, who, guest.vmid).has("VM.Audit"),
        )
        .map((guest) => guestStatus(api, guest)),
    ),
    route("POST", base, { ...config, ...EXTRA[kind] }, (call) => create(kind, call)),
    route(
      "DELETE",
      one,
      { purge: "bool", "destroy-unreferenced-disks": "bool", force: "bool", skiplock: "bool" },
      (call) => destroy(call, guestOf(call, kind, "VM.Allocate")),
    ),
    route(
      "POST",
      `${one}/clone`,
      {
        newid: "vmid!",
        name: "name",
        hostname: "name",
        description: "string",
        full: "bool",
        pool: "id",
        storage: "id",
        target: "id",
        format: "string",
        snapname: "string",
        bwlimit: "int",
      },
      (call) => clone(kind, call),
    ),
    route("GET", `${one}/config`, { current: "bool", snapshot: "string" }, (call) => shownConfig(guestOf(call, kind))),
    route("PUT", `${one}/config`, config, (call) => {
      update(kind, call);
      return null;
    }),
    route("POST", `${one}/config`, config, (call) =>
      call.api.tasks.start(call.at.node ?? "", `${task}config`, call.at.vmid ?? "", call.who.userid, async () => {
        update(kind, call);
      }),
    ),
    route("GET", `${one}/pending`, {}, (call) =>
      Object.entries(shownConfig(guestOf(call, kind))).map(([key, value]) => ({ key, value })),
    ),
    ...(kind === "qemu" ? [route("POST", `${one}/move_disk`, MOVE, moveDisk)] : []),
    route("PUT", `${one}/resize`, { disk: "string!", size: "string!", digest: "string", skiplock: "bool" }, (call) =>
      resize(kind, call),
    ),
    route("POST", `${one}/template`, { disk: "string" }, (call) => {
      guestOf(call, kind, "VM.Allocate").config.template = 1;
      call.api.save();
      return null;
    }),
    route("GET", `${one}/status/current`, {}, (call) => current(kind, call)),
    route("POST", `${one}/status/start`, { ...POWER, debug: "bool" }, (call) =>
      start(call, guestOf(call, kind, "VM.PowerMgmt")),
    ),
    route("POST", `${one}/status/stop`, POWER, (call) =>
      stop(call, guestOf(call, kind, "VM.PowerMgmt"), `${task}stop`),
    ),
    route("POST", `${one}/status/shutdown`, POWER, (call) =>
      stop(call, guestOf(call, kind, "VM.PowerMgmt"), `${task}shutdown`),
    ),
    route("POST", `${one}/status/reboot`, POWER, (call) => {
      const guest = guestOf(call, kind, "VM.PowerMgmt");
      if (!isRunning(call.api, guest)) throw new PveError(500, `VM ${guest.vmid} not running`);
      return call.api.tasks.start(guest.node, `${task}reboot`, String(guest.vmid), call.who.userid, async (log) => {
        await call.api.hypervisor.stop(guest.machine);
        await boot(call.api, guest, log);
      });
    }),
  ];
}

export const guestRoutes: readonly Route[] = [...routesFor("qemu"), ...routesFor("lxc")];
