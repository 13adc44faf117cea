import { randomBytes } from "node:crypto";
import { PveError } from "./errors";
import { STORAGES } from "./hardware";
import type { Guest, GuestKind, State, Volume } from "./state";
import { list, type Params, properties, type Schema, volumeFirst } from "./verify";

const DEVICES = ["scsi[n]", "virtio[n]", "sata[n]", "ide[n]", "efidisk[n]", "tpmstate[n]", "unused[n]"];
const TEXTS = (...names: string[]): Schema => Object.fromEntries(names.map((name) => [name, "string"]));
const INTS = (...names: string[]): Schema => Object.fromEntries(names.map((name) => [name, "int"]));
const BOOLS = (...names: string[]): Schema => Object.fromEntries(names.map((name) => [name, "bool"]));

/** What a configuration may hold, by kind of guest. */
export const CONFIG: Readonly<Record<GuestKind, Schema>> = {
  qemu: {
    ...TEXTS(
      ...DEVICES,
      "net[n]",
      "ipconfig[n]",
      "hostpci[n]",
      "usb[n]",
      "serial[n]",
      "numa[n]",
      "virtiofs[n]",
      "parallel[n]",
      "audio[n]",
      "rng[n]",
    ),
    ...TEXTS(
      "agent",
      "amd-sev",
      "affinity",
      "arch",
      "args",
      "bios",
      "boot",
      "cdrom",
      "cicustom",
      "cipassword",
      "citype",
      "ciuser",
      "cpu",
      "description",
      "hookscript",
    ),
    ...TEXTS(
      "hotplug",
      "hugepages",
      "ivshmem",
      "keyboard",
      "machine",
      "memory",
      "nameserver",
      "ostype",
      "scsihw",
      "searchdomain",
      "smbios[n]",
      "spice_enhancements",
    ),
    ...TEXTS("sshkeys", "startdate", "startup", "tags", "vga", "vmgenid", "vmstatestorage", "watchdog"),
    ...INTS("balloon", "cores", "cpuunits", "migrate_speed", "shares", "sockets", "vcpus"),
    ...BOOLS(
      "acpi",
      "autostart",
      "ciupgrade",
      "freeze",
      "keephugepages",
      "kvm",
      "localtime",
      "numa",
      "onboot",
      "protection",
      "reboot",
      "tablet",
      "tdf",
      "template",
    ),
    cpulimit: "num",
    name: "name",
  },
  lxc: {
    ...TEXTS(
      "net[n]",
      "mp[n]",
      "dev[n]",
      "unused[n]",
      "rootfs",
      "arch",
      "cmode",
      "description",
      "entrypoint",
      "env",
      "features",
      "hookscript",
      "nameserver",
      "ostype",
    ),
    ...TEXTS("searchdomain", "startup", "tags", "timezone"),
    ...INTS("cores", "cpuunits", "memory", "swap", "tty"),
    ...BOOLS("console", "debug", "onboot", "protection", "template", "unprivileged"),
    cpulimit: "num",
    hostname: "name",
  },
};

/** What goes along with a change but is not kept. */
export const CONFIG_CONTROL: Schema = {
  delete: "string",
  digest: "string",
  revert: "string",
  force: "bool",
  skiplock: "bool",
  background_delay: "int",
};

const DISK = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$|^(rootfs|mp\d+)$/;

function mac(): string {
  return `BC:24:11:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":")}`;
}

function freeDisk(guest: Guest): number {
  const used = [...JSON.stringify(guest.config).matchAll(/-disk-(\d+)/g)].map((found) => Number(found[1]));
  return used.length === 0 ? 0 : Math.max(...used) + 1;
}

/** Refuses a storage that is not there or takes no such content, in the words of `PVE::Storage`. */
export function demandContent(storage: string, content: string): void {
  const found = STORAGES.find((entry) => entry.storage === storage);
  if (found === undefined) throw new PveError(500, `storage '${storage}' does not exist`);
  if (!found.content.split(",").includes(content))
    throw new PveError(500, `storage '${storage}' does not support content-type '${content}'`);
}

/** Turns a wish for a disk ("local-zfs:8") into the volume that it becomes ("local-zfs:vm-100-disk-0,size=8G"). */
function disk(guest: Guest, value: string, volumes: readonly Volume[]): string {
  const [volume = "", ...options] = value.split(",");
  if (volume === "none" || volume === "cdrom") return [volume, ...options].join(",");
  const [storage = "", rest = ""] = volume.split(":");
  demandContent(storage, guest.kind === "lxc" ? "rootdir" : "images");
  const prefix = guest.kind === "lxc" ? "subvol" : "vm";
  if (rest === "cloudinit") return [`${storage}:vm-${guest.vmid}-cloudinit`, "media=cdrom", "size=4M"].join(",");
  if (!/^\d+(\.\d+)?$/.test(rest)) return [volume, ...options].join(",");
  const image = options.find((option) => option.startsWith("import-from="));
  const kept = options.filter((option) => !/^(size|import-from)=/.test(option));
  if (image !== undefined) {
    const volid = image.slice("import-from=".length);
    if (!volumes.some((volume) => volume.volid === volid)) throw new PveError(500, `volume '${volid}' does not exist`);
    guest.template = templateOf(volid);
  }
  return [
    `${storage}:${prefix}-${guest.vmid}-disk-${freeDisk(guest)}`,
    ...kept,
    `size=${rest === "0" ? "8" : rest}G`,
  ].join(",");
}

/** A volume keeps its size when its options are written anew: the storage knows it, not the one who asks. */
function withSize(value: string, old: string | number | undefined): string {
  const size = typeof old === "string" && old.split(",")[0] === value.split(",")[0] ? properties(old).size : undefined;
  return size === undefined || value.includes(",size=") ? value : `${value},size=${size}`;
}

function network(kind: GuestKind, value: string): string {
  if (kind === "lxc")
    return `${value}${value.includes("hwaddr=") ? "" : `,hwaddr=${mac()}`}${value.includes("type=") ? "" : ",type=veth"}`;
  const [model = "", ...options] = value.split(",");
  if (model.startsWith("model="))
    return network(
      kind,
      [
        `${model.slice(6)}=${options.find((o) => o.startsWith("macaddr="))?.slice(8) ?? mac()}`,
        ...options.filter((o) => !o.startsWith("macaddr=")),
      ].join(","),
    );
  return [model.includes("=") ? model : `${model}=${mac()}`, ...options].join(",");
}

/** Which sandbox template an image or container template stands for: the one that its file name contains. */
export function templateOf(file: string): string {
  return ["nixos-io", "nixos-identity"].find((name) => file.includes(name)) ?? "nixos-base";
}

/** Applies a change (create or update) to the configuration of a guest. */
export function configure(guest: Guest, params: Params, volumes: readonly Volume[]): void {
  for (const name of list(params.delete)) delete guest.config[name];
  for (const [name, value] of Object.entries(params)) {
    const schema = CONFIG[guest.kind];
    const rule = schema[name] ?? schema[name.replace(/\d+$/, "[n]")];
    if (rule === undefined) continue;
    if (value === "" && rule === "string") delete guest.config[name];
    else if (DISK.test(name))
      guest.config[name] = withSize(disk(guest, volumeFirst(value), volumes), guest.config[name]);
    else if (/^net\d+$/.test(name)) guest.config[name] = network(guest.kind, value);
    else if (rule === "bool") guest.config[name] = /^(1|yes|on|true)$/i.test(value) ? 1 : 0;
    else guest.config[name] = rule === "int" || rule === "num" ? Number(value) : value;
  }
}

/** The clone's own copy of a configuration: its disks and its MAC addresses are new. */
export function clonedConfig(source: Guest, newid: number): Guest["config"] {
  const copied = Object.entries(source.config)
    .filter(([name]) => !["template", "onboot", "protection", "name", "hostname", "description"].includes(name))
    .map(([name, value]): [string, string | number] => {
      if (typeof value !== "string") return [name, value];
      if (/^net\d+$/.test(name))
        return [
          name,
          network(source.kind, value.replace(/=([0-9A-F]{2}:){5}[0-9A-F]{2}/i, "").replace(/,hwaddr\b/, "")),
        ];
      return [
        name,
        DISK.test(name)
          ? value.replace(
              new RegExp(`(base|vm|subvol|basevol)-${source.vmid}-`),
              (_, kind: string) => `${kind.replace("base", "vm").replace("vmvol", "subvol")}-${newid}-`,
            )
          : value,
      ];
    });
  return Object.fromEntries(copied);
}

/** Address, gateway and MAC that the guest's configuration asks for; address "" = by DHCP. */
export function addressing(state: State, guest: Guest): { address: string; gateway: string; mac: string } {
  const net = properties(String(guest.config.net0 ?? ""));
  const bridge = net.bridge;
  if (bridge === undefined)
    throw new Error("no network device net0 with a bridge: the sandbox cannot reach this guest");
  if (!state.bridges.includes(bridge)) throw new Error(`bridge '${bridge}' does not exist`);
  const ip = guest.kind === "lxc" ? net : properties(String(guest.config.ipconfig0 ?? ""));
  const address = ip.ip === undefined || ip.ip === "dhcp" || ip.ip === "manual" ? "" : ip.ip;
  const hardware =
    guest.kind === "lxc"
      ? net.hwaddr
      : Object.values(net).find((value) => /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/i.test(value));
  return { address, gateway: ip.gw ?? "", mac: hardware ?? "" };
}
