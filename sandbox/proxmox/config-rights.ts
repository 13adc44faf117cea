import { demand } from "./permissions";
import type { Call } from "./router";
import type { GuestKind } from "./state";
import { list, type Params, properties, volumeFirst } from "./verify";

/** What a change of each option asks for, as `check_vm_modify_config_perm` of qemu-server has it; an option that is not here: `VM.Config.Options`. */
const OPTIONS: readonly { matches: RegExp; anyOf: readonly string[] }[] = [
  { matches: /^(cores|cpu|cpulimit|cpuunits|sockets|vcpus|affinity|numa\d*)$/, anyOf: ["VM.Config.CPU"] },
  { matches: /^(memory|balloon|shares|swap)$/, anyOf: ["VM.Config.Memory"] },
  { matches: /^(acpi|hotplug|kvm|machine|scsihw|smbios1|tablet|vga|watchdog|serial\d+)$/, anyOf: ["VM.Config.HWType"] },
  { matches: /^(net\d+|hostname)$/, anyOf: ["VM.Config.Network"] },
  {
    matches: /^(ci[a-z]+|sshkeys|nameserver|searchdomain|ipconfig\d+)$/,
    anyOf: ["VM.Config.Cloudinit", "VM.Config.Network"],
  },
  { matches: /^(boot|bootdisk|rootfs|mp\d+)$/, anyOf: ["VM.Config.Disk"] },
];
const DRIVE = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;
/** Checked elsewhere, or not kept. */
const WITHOUT =
  /^(vmid|pool|start|storage|unique|bwlimit|ostemplate|password|ssh-public-keys|delete|digest|revert|force|skiplock|background_delay|tags|unused\d+)$/;

/** Refuses a configuration that the sender may not give to a guest. `path` is the guest's, or the pool's that it is made in. */
export function demandConfig(call: Call, kind: GuestKind, path: string, params: Params): void {
  const wanted = [...Object.entries(params), ...list(params.delete).map((name): [string, string] => [name, ""])];
  for (const [name, value] of wanted) {
    if (WITHOUT.test(name)) continue;
    if (DRIVE.test(name)) demand(call.api.state, call.who, path, isCd(value) ? "VM.Config.CDROM" : "VM.Config.Disk");
    else {
      const found = OPTIONS.find(({ matches }) => matches.test(name));
      demand(call.api.state, call.who, path, ...(found?.anyOf ?? ["VM.Config.Options"]));
    }
    // it changes what the node does when it boots; pve-container does not ask for it
    if (name === "startup" && kind === "qemu") demand(call.api.state, call.who, "/", "Sys.Modify");
    if (/^net\d+$/.test(name)) demandBridge(call, value);
    if (DRIVE.test(name) || /^(rootfs|mp\d+)$/.test(name)) demandSpace(call, value);
  }
}

function isCd(value: string): boolean {
  return /(^|,)media=cdrom|^none|:cloudinit/.test(value);
}

export function demandBridge({ api, who }: Call, net: string): void {
  const { bridge } = properties(net);
  if (bridge !== undefined) demand(api.state, who, `/sdn/zones/localnetwork/${bridge}`, "SDN.Use");
}

/** A new volume takes space; one that is there already does not. */
function demandSpace(call: Call, disk: string): void {
  const [, storage, wish] = /^([^:,]+):([^,]*)/.exec(volumeFirst(disk)) ?? [];
  if (storage !== undefined && /^(\d+(\.\d+)?|cloudinit)$/.test(wish ?? "")) demandStorage(call, storage);
}

export function demandStorage({ api, who }: Call, storage: string): void {
  demand(api.state, who, `/storage/${storage}`, "Datastore.AllocateSpace");
}

/** To let a node fetch a URL lets one look into its network: that wants a right of its own. */
export function demandFetch({ api, who, at }: Call): void {
  try {
    for (const privilege of ["Sys.Audit", "Sys.Modify"]) demand(api.state, who, "/", privilege);
  } catch {
    demand(api.state, who, `/nodes/${at.node}`, "Sys.AccessNetwork");
  }
}
