import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Version } from "./roles";

export type Bool = 0 | 1;
export type GuestKind = "qemu" | "lxc";

export interface Token {
  comment?: string;
  /** Seconds since 1970, 0 = never. */
  expire: number;
  privsep: Bool;
  value: string;
}

export interface User {
  comment?: string;
  email?: string;
  firstname?: string;
  lastname?: string;
  keys?: string;
  enable: Bool;
  expire: number;
  groups: string[];
  /** scrypt of the password, "" = none set. */
  password: string;
  tokens: Record<string, Token>;
}

export interface AclEntry {
  path: string;
  type: "user" | "group" | "token";
  ugid: string;
  roleid: string;
  propagate: Bool;
}

export interface Guest {
  vmid: number;
  kind: GuestKind;
  node: string;
  /** What `GET .../config` answers, without the digest. */
  config: Record<string, string | number>;
  /** NixOS template that its disk comes from. */
  template: string;
  /** Public keys given when an LXC was created; PVE writes them into the container and forgets them. */
  sshKeys: string;
  /** Name of its sandbox host, once it has been started. */
  machine: string;
  /** Address that the sandbox's DHCP gave it, "" when its configuration names one. */
  lease: string;
  /** Milliseconds since 1970 of the last start, 0 = never. */
  startedAt: number;
}

export interface Volume {
  volid: string;
  content: string;
  format: string;
  size: number;
  /** The guest that it is a disk of. */
  vmid?: number;
}

/** Everything that the simulated Proxmox VE knows; kept in one JSON file. */
export interface State {
  version: Version;
  nodes: string[];
  bridges: string[];
  users: Record<string, User>;
  groups: Record<string, { comment?: string }>;
  /** Roles made by the user; those built in are in permissions.ts. */
  roles: Record<string, string[]>;
  acl: AclEntry[];
  pools: Record<string, { comment?: string; vms: number[]; storage: string[] }>;
  guests: Record<string, Guest>;
  volumes: Volume[];
}

const GiB = 1024 ** 3;

/** A fresh cluster: one node, one bridge, the three templates and the container template. */
export function initialState(rootPassword: string, version: Version = 8): State {
  const template = (vmid: number, name: string): Guest => ({
    vmid,
    kind: "qemu",
    node: "pve1",
    config: {
      name,
      template: 1,
      ostype: "l26",
      cores: 1,
      sockets: 1,
      memory: "1024",
      agent: "enabled=1",
      boot: "order=scsi0",
      scsihw: "virtio-scsi-single",
      scsi0: `local-zfs:base-${vmid}-disk-0,size=8G`,
      net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0",
      ide2: `local-zfs:vm-${vmid}-cloudinit,media=cdrom`,
    },
    template: name,
    sshKeys: "",
    machine: "",
    lease: "",
    startedAt: 0,
  });
  return {
    version,
    nodes: ["pve1"],
    bridges: ["vmbr0"],
    users: { "root@pam": { enable: 1, expire: 0, groups: [], password: rootPassword, tokens: {} } },
    groups: {},
    roles: {},
    acl: [],
    pools: {},
    guests: {
      9000: template(9000, "nixos-base"),
      9001: template(9001, "nixos-io"),
      9002: template(9002, "nixos-identity"),
    },
    volumes: ["base", "io", "identity"].map((name) => ({
      volid: `local:vztmpl/nixos-${name}.tar.xz`,
      content: "vztmpl",
      format: "txz",
      size: GiB / 4,
    })),
  };
}

/** The state in memory, written to its file after each change in one step, so that a crash leaves the old or the new one. */
export class Store {
  readonly state: State;

  constructor(
    private readonly file: string,
    initial: () => State,
  ) {
    this.state = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as State) : initial();
    this.save();
  }

  save(): void {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o755 });
    writeFileSync(`${this.file}.new`, `${JSON.stringify(this.state, null, 1)}\n`, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
