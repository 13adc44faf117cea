import { z } from "zod";
import type { Activation } from "../cli/push/remote";
import { address, count, flag, port, size, text, url } from "./values";

/** Where a host comes from, how it is reached and how its configuration is built. */

const hostKey = text("a public key in the form `ssh-ed25519 AAAA...`", (value) =>
  /^(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa|rsa-sha2-\d+) [A-Za-z0-9+/=]+$/.test(value),
);

/** How a host is reached; a host's own values win over the cluster-wide ones. */
export const ssh = z.strictObject({
  user: z.string().min(1).optional(),
  port: port.optional(),
  hostKey: hostKey.optional(),
});

const provisioned = {
  /** Proxmox node that runs it; default: `proxmox.node`. */
  node: z.string().optional(),
  cores: count.default(2),
  memory: size.default("2GiB"),
  disk: size.default("20GiB"),
  bridge: z.string().default("vmbr0"),
  vlan: z.int().min(1).max(4094).optional(),
  /** Prefix length of the host's address; default: 24, and 64 where it is an IPv6 address. */
  prefix: z.int().min(1).max(128).optional(),
  gateway: address.optional(),
  dns: z.array(address).default([]),
  datastore: z.string().optional(),
  /** Disks beside the root disk; `path` is where a container mounts it. */
  dataDisks: z
    .array(
      z.strictObject({
        size,
        datastore: z.string().optional(),
        path: text("a path that begins with /", (value) => value.startsWith("/")).optional(),
      }),
    )
    .default([]),
  pool: z.string().optional(),
  tags: z.array(z.string()).default([]),
  vmId: z.int().min(100).optional(),
  startOrder: count.optional(),
  protect: flag.optional(),
};

/** A file that Proxmox downloads itself and checks. */
const image = z.strictObject({
  url,
  sha256: text("64 hexadecimal digits", (value) => /^[0-9a-f]{64}$/.test(value)),
  /** Datastore that keeps the download; it takes content `import` (VM) or `vztmpl` (container). */
  datastore: z.string().default("local"),
});

const oneOf = (one: string, other: string) => ({ error: `either \`${one}\` or \`${other}\`` });

export const machine = z.discriminatedUnion(
  "type",
  [
    z
      .strictObject({
        type: z.literal("vm"),
        template: z.int({ error: "the VM id of a template" }).min(100).optional(),
        image: image.optional(),
        /** Whether the guest agent runs there; the SSH host key is then read through it. */
        agent: flag.optional(),
        /** Where the root disk is attached; default: where the template has its only disk. */
        rootDisk: text("a place such as scsi0 or virtio0", (value) => /^(scsi|virtio|sata)\d+$/.test(value)).optional(),
        ...provisioned,
      })
      .refine((vm) => (vm.template === undefined) !== (vm.image === undefined), oneOf("template", "image")),
    z
      .strictObject({
        type: z.literal("lxc"),
        template: z.string({ error: "a template file id such as local:vztmpl/nixos.tar.xz" }).optional(),
        image: image.optional(),
        ...provisioned,
      })
      .refine((lxc) => (lxc.template === undefined) !== (lxc.image === undefined), oneOf("template", "image"))
      .refine((lxc) => lxc.dataDisks.every((disk) => disk.path !== undefined), {
        error: "a `path` for each of a container's dataDisks",
      }),
    z.strictObject({ type: z.literal("existing") }),
  ],
  { error: "an object whose `type` is vm, lxc or existing" },
);

const word = (want: string) => text(want, (value) => /^[A-Za-z0-9_][\w@.:-]*$/.test(value));
const buildHost = word("a host such as root@builder").optional();
const flake = text("a flake with the host's attribute, such as /etc/nixos#nixio", (value) =>
  /^[^\s-]\S*#[^\s-]\S*$/.test(value),
);

/** How the host's own configuration is built, see `Activation`. */
export const activation = z
  .strictObject({
    flake: flake.optional(),
    impure: z.literal(true, { error: "true, or nothing" }).optional(),
    overrideInput: word("the name of one of the flake's inputs").optional(),
    buildHost,
  })
  .refine(
    (given) => Number(given.flake !== undefined) === Number(given.impure ?? false) + Number("overrideInput" in given),
    {
      error: "beside `flake` either `impure: true` or `overrideInput`, and these two with `flake` only",
    },
  )
  .transform((given) => given as Activation);
/** A fixed address, or the interface of a machine made here that gets one by DHCP. */
export const hostAddress = z.union(
  [address, z.strictObject({ interface: z.string().regex(/^[a-z][a-z0-9]{0,14}$/) })],
  {
    error: "an IPv4 or IPv6 address",
  },
);
