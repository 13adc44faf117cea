import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { usualRootDisk } from "../../cli/proxmox/machine";
import type { MachineArgs, MachineContext, ProvisionedMachine } from "./machine";
import { withoutStacks } from "./withoutStacks";

/** A machine that the provider makes. */
export interface Provisioned {
  resource: pulumi.CustomResource;
  vmId: pulumi.Output<number>;
  /** "" where none was found. */
  address: pulumi.Output<string>;
  /** MAC address of the first network card: another machine has another one. */
  mac: pulumi.Output<string>;
}

type Vm = Extract<MachineArgs, { type: "vm" }>;
type Lxc = Extract<MachineArgs, { type: "lxc" }>;

/** Keys and logins are read at first boot only, and a template is used once: another one must never re-create a machine. */
const bornWith = ["initialization.userAccount", "clone", "operatingSystem"];

/** On a machine that is there, another place would be another disk, an empty one, whatever the template looks like by now. */
const bornAt = ["disks[0].interface", "bootOrders"];

/** How long the provider waits for a guest agent, each time it reads the machine; its own default is 15 minutes. */
const agentPatience = "3m";

/**
 * Where a template was seen to have its disk. A check that failed has seen nothing, and its machine is left out; but the provider is asked
 * about that machine's inputs all the same, and one without a place for its disk would end the run for every host.
 */
function seenAt(stdout: pulumi.Output<string>): pulumi.Output<string> {
  const seen = stdout.apply((text) => text.trim() || usualRootDisk);
  if (pulumi.runtime.isDryRun()) return seen;
  const { isKnown } = stdout as unknown as { isKnown: Promise<boolean> };
  return pulumi.output(isKnown.then((known) => (known ? seen : usualRootDisk)));
}

/** @param templateDisk what the machine's check printed: where the template has its disk */
export function provisionVm(
  name: string,
  context: MachineContext,
  vm: Vm,
  opts: pulumi.CustomResourceOptions,
  templateDisk?: pulumi.Output<string>,
): Provisioned {
  const agent = vm.agent === true || vm.discover !== undefined;
  const rootDisk = vm.rootDisk ?? (templateDisk && seenAt(templateDisk)) ?? usualRootDisk;
  const disks = [
    {
      interface: rootDisk,
      size: vm.diskGiB,
      datastoreId: vm.datastore,
      ...("image" in vm ? { importFrom: vm.image } : {}),
    },
    ...(vm.dataDisks ?? []).map((disk, index) => ({
      interface: `scsi${index + 1}`,
      size: disk.sizeGiB,
      datastoreId: disk.datastore ?? vm.datastore,
    })),
  ];
  const resource = withoutStacks(
    proxmox.VmLegacy,
    `${name}-machine`,
    {
      name: context.host,
      nodeName: vm.node,
      vmId: vm.vmId,
      poolId: vm.pool,
      tags: vm.tags,
      protection: vm.protect,
      clone:
        "template" in vm ? { vmId: vm.template, nodeName: vm.node, full: true, datastoreId: vm.datastore } : undefined,
      cpu: { cores: vm.cores, type: "host" },
      memory: { dedicated: vm.memoryMiB },
      networkDevices: [{ bridge: vm.bridge, vlanId: vm.vlan, model: "virtio" }],
      disks,
      // a template brings its own
      bootOrders: "image" in vm ? [rootDisk] : undefined,
      // with a fixed address nothing has to wait for it
      agent: agent ? { enabled: true, timeout: agentPatience } : { enabled: false },
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
    { ...opts, protect: vm.protect, ignoreChanges: [...bornWith, ...bornAt, ...unsettled(disks.length)] },
  );
  const { discover } = vm;
  const found = pulumi
    .all([resource.networkInterfaceNames, resource.ipv4Addresses])
    .apply(([names, addresses]) => (discover === undefined ? context.address : addressOf(discover, names, addresses)));
  return {
    resource,
    vmId: resource.vmId,
    address: discover === undefined ? pulumi.output(context.address) : found,
    mac: resource.networkDevices.apply((devices) => devices?.[0]?.macAddress ?? ""),
  };
}

/** The provider fills in zeros and reads back nothing, and an import is forgotten once it is done: without this each `up` would update. */
function unsettled(disks: number): string[] {
  return ["disks[0].importFrom", ...Array.from({ length: disks }, (_, index) => `disks[${index}].speed`)];
}

/** The first IPv4 address of an interface, as the guest agent told it; "" where there is none. */
export function addressOf(wanted: string, names: readonly string[], addresses: readonly string[][]): string {
  return addresses[names.indexOf(wanted)]?.find((address) => !address.startsWith("169.254.")) ?? "";
}

export function provisionContainer(
  name: string,
  context: MachineContext,
  lxc: Lxc,
  opts: pulumi.CustomResourceOptions,
): Provisioned {
  const datastore = lxc.datastore ?? "local-lvm";
  const { discover } = lxc;
  const resource = withoutStacks(
    proxmox.ContainerLegacy,
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
      disk: { datastoreId: datastore, size: lxc.diskGiB },
      mountPoints: lxc.dataDisks?.map((disk, index) => ({
        volume: disk.datastore ?? datastore,
        size: `${disk.sizeGiB}G`,
        path: disk.path ?? `/data${index}`,
        backup: true,
      })),
      networkInterfaces: [{ name: discover ?? "eth0", bridge: lxc.bridge, vlanId: lxc.vlan }],
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
      ...(discover === undefined ? {} : { waitForIp: { ipv4: true } }),
    },
    { ...opts, protect: lxc.protect, ignoreChanges: bornWith },
  );
  const found = resource.ipv4.apply((addresses) => (addresses?.[discover ?? ""] ?? "").split("/")[0] ?? "");
  return {
    resource,
    vmId: resource.vmId.apply((id) => id ?? 0),
    address: discover === undefined ? pulumi.output(context.address) : found,
    mac: resource.networkInterfaces.apply((interfaces) => interfaces?.[0]?.macAddress ?? ""),
  };
}

function ipConfig(address: string, machine: ProvisionedMachine) {
  if (machine.discover !== undefined) return { ipv4: { address: "dhcp" } };
  const own = { address: `${address}/${machine.prefix}`, gateway: machine.gateway };
  return address.includes(":") ? { ipv6: own } : { ipv4: own };
}
