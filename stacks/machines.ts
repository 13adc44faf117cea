import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { MachineArgs } from "../components/internal/machine";
import type { HostValues, StackValues } from "./schema";

/** The provider for the stack's Proxmox VE, or undefined where every host exists already. Its login may come by environment variables. */
export function proxmoxProvider(values: StackValues): proxmox.Provider | undefined {
  if (values.proxmox === undefined) return undefined;
  const config = new pulumi.Config();
  const apiToken = config.getSecret("proxmoxApiToken");
  const login = apiToken
    ? { apiToken }
    : { username: values.proxmox.username, password: config.getSecret("proxmoxPassword") };
  return new proxmox.Provider("proxmox", {
    endpoint: values.proxmox.endpoint,
    insecure: values.proxmox.insecure,
    ...login,
  });
}

/** What the configuration says of a machine, with the cluster's defaults filled in. */
export function machineArgs(
  host: HostValues,
  values: StackValues,
  publicKeys: string[],
  protect: boolean,
): MachineArgs {
  const { machine } = host;
  if (machine.type === "existing") return { type: "existing" };
  const { memory, disk, node, ...rest } = machine;
  const common = {
    node: node ?? values.proxmox?.node ?? "pve",
    memoryMiB: mebibytes(memory),
    diskGiB: Math.ceil(mebibytes(disk) / 1024),
    publicKeys,
    protect: machine.protect ?? protect,
  };
  return { ...rest, ...common };
}

const unitMiB: Record<string, number> = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 };

/** `2GiB` -> 2048. The schema has checked the form. */
export function mebibytes(size: string): number {
  return Number.parseInt(size, 10) * (unitMiB[size.slice(-3)] ?? Number.NaN);
}
