import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { pushCommand } from "./pushCommand";
import { userError } from "./userError";

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
  bridge: string;
  vlan?: number | undefined;
  /** Prefix length of the host's address. */
  prefix: number;
  gateway?: string | undefined;
  /** Name servers; default: the node's. */
  dns: string[];
  /** Datastore of the disk; default: the template's. */
  datastore?: string | undefined;
  pool?: string | undefined;
  tags: string[];
  vmId?: number | undefined;
  /** Place in the node's start order. */
  startOrder?: number | undefined;
  /** Refuses to be destroyed, in Proxmox and in the engine. */
  protect: boolean;
  /** Public SSH keys that may log in as root, in authorized_keys form. */
  publicKeys: string[];
}

/** Where a host comes from. An `existing` one is adopted: never created, never destroyed. */
export type MachineArgs =
  | ({ type: "vm" /** VM id of the NixOS template. */; template: number } & ProvisionedMachine)
  | ({ type: "lxc" /** File id of the NixOS template. */; template: string } & ProvisionedMachine)
  | { type: "existing" };

export interface Machine {
  /** The VM or container; undefined for an existing host. */
  resource: pulumi.Resource | undefined;
  hostKey: pulumi.Output<string>;
}

export interface MachineContext {
  host: string;
  address: string;
  ssh: { user: string; port: number; hostKey?: string | undefined };
  args: MachineArgs;
}

/**
 * Makes the machine and pins its SSH host key: the given one, or for a machine made here the one it shows when it is born,
 * kept in the state ever after.
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
    return { resource: undefined, hostKey: pulumi.output(ssh.hostKey) };
  }
  const resource =
    args.type === "vm" ? virtualMachine(name, context, args, opts) : container(name, context, args, opts);
  if (ssh.hostKey !== undefined) return { resource, hostKey: pulumi.output(ssh.hostKey) };
  const learned = new command.local.Command(
    `${name}-hostkey`,
    {
      create: pushCommand("learn-host-key"),
      stdin: JSON.stringify({ name: context.host, host: context.address, port: ssh.port }),
      logging: command.local.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    { ...opts, dependsOn: [resource], deletedWith: resource, replaceOnChanges: ["stdin"] },
  );
  return { resource, hostKey: learned.stdout };
}

type Vm = Extract<MachineArgs, { type: "vm" }>;
type Lxc = Extract<MachineArgs, { type: "lxc" }>;

/** Keys and logins are read at first boot only: another one must never re-create a machine. */
const bornWith = ["initialization", "clone", "operatingSystem"];
/** The provider fills in zeros and reads back nothing: without this each `up` would update each machine. */
const unsettled = ["disks[0].speed"];

function virtualMachine(
  name: string,
  context: MachineContext,
  vm: Vm,
  opts: pulumi.CustomResourceOptions,
): proxmox.VmLegacy {
  return new proxmox.VmLegacy(
    `${name}-machine`,
    {
      name: context.host,
      nodeName: vm.node,
      vmId: vm.vmId,
      poolId: vm.pool,
      tags: vm.tags,
      protection: vm.protect,
      clone: { vmId: vm.template, nodeName: vm.node, full: true, datastoreId: vm.datastore },
      cpu: { cores: vm.cores, type: "host" },
      memory: { dedicated: vm.memoryMiB },
      networkDevices: [{ bridge: vm.bridge, vlanId: vm.vlan, model: "virtio" }],
      disks:
        vm.diskGiB === undefined ? undefined : [{ interface: "scsi0", size: vm.diskGiB, datastoreId: vm.datastore }],
      // the address is known: nothing has to wait for the guest agent
      agent: { enabled: false },
      initialization: {
        datastoreId: vm.datastore,
        ipConfigs: [ipConfig(context.address, vm)],
        dns: vm.dns.length > 0 ? { servers: vm.dns } : undefined,
        userAccount: { username: context.ssh.user, keys: vm.publicKeys },
      },
      startup: vm.startOrder === undefined ? undefined : { order: vm.startOrder },
      onBoot: true,
      stopOnDestroy: true,
    },
    { ...opts, protect: vm.protect, ignoreChanges: [...bornWith, ...unsettled] },
  );
}

function container(
  name: string,
  context: MachineContext,
  lxc: Lxc,
  opts: pulumi.CustomResourceOptions,
): proxmox.ContainerLegacy {
  return new proxmox.ContainerLegacy(
    `${name}-machine`,
    {
      nodeName: lxc.node,
      vmId: lxc.vmId,
      poolId: lxc.pool,
      tags: lxc.tags,
      protection: lxc.protect,
      operatingSystem: { templateFileId: lxc.template, type: "nixos" },
      cpu: { cores: lxc.cores },
      memory: { dedicated: lxc.memoryMiB },
      disk: { datastoreId: lxc.datastore ?? "local-lvm", size: lxc.diskGiB },
      networkInterfaces: [{ name: "eth0", bridge: lxc.bridge, vlanId: lxc.vlan }],
      initialization: {
        hostname: context.host,
        ipConfigs: [ipConfig(context.address, lxc)],
        dns: lxc.dns.length > 0 ? { servers: lxc.dns } : undefined,
        userAccount: { keys: lxc.publicKeys },
      },
      // systemd in an unprivileged container needs it
      features: { nesting: true },
      unprivileged: true,
      startup: lxc.startOrder === undefined ? undefined : { order: lxc.startOrder },
      startOnBoot: true,
    },
    { ...opts, protect: lxc.protect, ignoreChanges: bornWith },
  );
}

function ipConfig(address: string, machine: ProvisionedMachine) {
  const own = { address: `${address}/${machine.prefix}`, gateway: machine.gateway };
  return address.includes(":") ? { ipv6: own } : { ipv4: own };
}
