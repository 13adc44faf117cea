import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ProxmoxApi } from "../../cli/proxmox/api";
import type { WantedMachine } from "../../cli/proxmox/machine";
import { type Provisioned, provisionContainer, provisionVm } from "./provision";
import { pushCommand } from "./pushCommand";
import { userError } from "./userError";
import { withoutStacks } from "./withoutStacks";

/** What a virtual machine and a container have in common. */
export interface ProvisionedMachine {
  /** Proxmox node that runs it. */
  node: string;
  /** CPU cores. */
  cores: number;
  /** Memory, MiB. */
  memoryMiB: number;
  /** Size of the root disk, GiB; the template's disk grows to it and can not shrink. */
  diskGiB: number;
  /** Further disks, in this order; leaving one out later would remove it, which `protect` refuses. Default none. */
  dataDisks?: DataDisk[] | undefined;
  bridge: string;
  /** VLAN tag, 1 to 4094. Default: untagged. */
  vlan?: number | undefined;
  /** Prefix length of the host's address. */
  prefix: number;
  gateway?: string | undefined;
  /** Name servers; default: the node's. */
  dns: string[];
  /** Datastore of the disks. Default: the template's, and `local-lvm` where there is no template. */
  datastore?: string | undefined;
  pool?: string | undefined;
  tags: string[];
  vmId?: number | undefined;
  /** Place in the node's start order. */
  startOrder?: number | undefined;
  /** Refuses to be destroyed, in Proxmox and in the engine. */
  protect: boolean;
  /** Public SSH keys that may log in as root, in authorized_keys form. Read at birth only. */
  publicKeys: string[];
  /** Interface that gets its IPv4 address by DHCP and is asked for it. Default: the address in the host's data, fixed. */
  discover?: string | undefined;
}

export interface DataDisk {
  /** Size, GiB. */
  sizeGiB: number;
  /** Default: the machine's. */
  datastore?: string | undefined;
  /** Where a container mounts it; a virtual machine sees a bare disk. */
  path?: string | undefined;
}

/** Where a virtual machine's root disk comes from. */
export type VmSource =
  | { /** VM id of a NixOS template on the same node. */ template: number }
  | { /** Volume id of a disk image, such as `download.File.id` gives. */ image: pulumi.Input<string> };

/** Where a host comes from. An `existing` one is adopted: never created, never destroyed. */
export type MachineArgs =
  | ({
      type: "vm";
      /** Where the root disk is attached at birth. Default: where the template has its only disk; else `scsi0`. */
      rootDisk?: string | undefined;
      /** Whether the guest agent runs there; the host key is then read through it. Default false. */
      agent?: boolean | undefined;
    } & VmSource &
      ProvisionedMachine)
  | ({
      type: "lxc";
      /** Volume id of the NixOS template. */
      template: pulumi.Input<string>;
    } & ProvisionedMachine)
  | { type: "existing" };

export interface Machine {
  /** The VM or container; undefined for an existing host. */
  resource: pulumi.Resource | undefined;
  address: pulumi.Input<string>;
  hostKey: pulumi.Input<string>;
}

export interface MachineContext {
  host: string;
  address: string;
  ssh: { user: string; port: number; hostKey?: string | undefined };
  args: MachineArgs;
  /** Where to check what the machine needs before it is made, and whose guest agent to ask. */
  proxmox?: pulumi.Input<ProxmoxApi> | undefined;
}

/** Neither output holds a secret; both may be quoted in errors. */
const quiet = { logging: command.local.Logging.Stderr } as const;

/**
 * Makes the machine and pins its SSH host key: the given one, or for a machine made here the one that it has when it is born, kept in the
 * state ever after.
 */
export function makeMachine(name: string, context: MachineContext, opts: pulumi.CustomResourceOptions): Machine {
  const { args, ssh } = context;
  if (args.type === "existing") {
    if (ssh.hostKey === undefined) {
      throw userError(
        `${context.host}: an existing host needs ssh.hostKey, got nothing; ` +
          `print it on the host by \`cat /etc/ssh/ssh_host_ed25519_key.pub\` and give its first two words`,
      );
    }
    return { resource: undefined, address: context.address, hostKey: ssh.hostKey };
  }
  const check = checkMachine(name, context, args, opts);
  const after = { ...opts, dependsOn: check ? [check] : [] };
  const made =
    args.type === "vm"
      ? provisionVm(name, context, args, after, check?.stdout)
      : provisionContainer(name, context, args, after);
  const { resource, address } = made;
  return { resource, address, hostKey: ssh.hostKey ?? learnHostKey(name, context, made, opts) };
}

type Made = Exclude<MachineArgs, { type: "existing" }>;

/** Asks Proxmox, before the provider does, for all that the machine names: its own answers come one by one, late, and not always as errors. */
function checkMachine(
  name: string,
  { host, address, proxmox }: MachineContext,
  args: Made,
  opts: pulumi.CustomResourceOptions,
): command.local.Command | undefined {
  if (proxmox === undefined) return undefined;
  const { node, diskGiB, bridge, pool, vmId } = args;
  const machine: WantedMachine = {
    host,
    type: args.type,
    node,
    diskGiB,
    datastores: datastoresOf(args),
    bridge,
    pool,
    vmId,
    address: args.discover === undefined ? address : undefined,
    ...(args.type === "vm" && "template" in args ? { template: args.template, rootDisk: args.rootDisk } : {}),
  };
  // a container's template may be a file that this run downloads, and then it is known to be there only afterwards
  const templateFile = args.type === "lxc" && typeof args.template === "string" ? args.template : undefined;
  const stdin = pulumi.output(proxmox).apply((api) => JSON.stringify({ api, machine: { ...machine, templateFile } }));
  return withoutStacks(
    command.local.Command,
    `${name}-check`,
    { create: pushCommand("proxmox-machine"), stdin, ...quiet, addPreviousOutputInEnv: false },
    opts,
  );
}

function datastoresOf(args: Made): string[] {
  const root = args.datastore ?? (args.type === "vm" && "template" in args ? undefined : "local-lvm");
  return [root, ...(args.dataDisks ?? []).map((disk) => disk.datastore ?? root)].filter((store) => store !== undefined);
}

/** Learned when the machine is born and kept: only another network card, which another machine has, makes it learn anew. */
function learnHostKey(
  name: string,
  { host, ssh, args, proxmox }: MachineContext,
  { resource, address, vmId, mac }: Provisioned,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const agent =
    args.type === "vm" && usesAgent(args) && proxmox !== undefined
      ? pulumi.all([proxmox, vmId]).apply(([api, id]) => ({ api, node: args.node, vmId: id }))
      : pulumi.output(undefined);
  const discover = args.type === "existing" ? undefined : args.discover;
  const stdin = pulumi
    .all([address, agent])
    .apply(([at, from]) => JSON.stringify({ name: host, host: at, port: ssh.port, discover, agent: from }));
  const learned = withoutStacks(
    command.local.Command,
    `${name}-hostkey`,
    // the key that it printed comes back in its environment when anything but the machine changes
    { create: pushCommand("learn-host-key"), stdin, triggers: [mac], ...quiet, addPreviousOutputInEnv: true },
    { ...opts, dependsOn: [resource], deletedWith: resource },
  );
  // the key is public, though a login may be among what it was asked with
  return pulumi.unsecret(learned.stdout);
}

function usesAgent(args: Extract<MachineArgs, { type: "vm" }>): boolean {
  return args.agent === true || args.discover !== undefined;
}
