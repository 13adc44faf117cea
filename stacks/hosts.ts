import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import type { HostLimits } from "../cli/push/remote";
import { ExporterHost, type ExporterHostArgs } from "../components/exporterHost";
import { userError } from "../components/internal/userError";
import type { ClusterPlan } from "../plan/plan";
import { downloadedImages, machineArgs, type Proxmox } from "./machines";
import type { StackValues } from "./schema";

/** Gives the arguments of a host component by the host's name. */
export type HostArgs = (name: string, protect?: boolean) => ExporterHostArgs;

/** The arguments that every host component takes, from the stack's configuration. */
export function hostArgs(
  values: StackValues,
  plan: ClusterPlan,
  secrets: Record<string, pulumi.Output<string>>,
  proxmox: Proxmox | undefined,
): HostArgs {
  const keys = publicKeys(values);
  const images = downloadedImages(proxmox);
  return (name, protect = false) => {
    const data = plan.hosts[name];
    const host = values.hosts[name];
    if (data === undefined || host === undefined) throw userError(`${name}: no such host in the plan`);
    const ssh = {
      user: host.ssh.user ?? values.ssh.user,
      port: host.ssh.port ?? values.ssh.port,
      hostKey: host.ssh.hostKey,
    };
    const limits = { ...stated(values.limits), ...stated(host.limits) };
    return {
      data,
      machine: machineArgs(host, values, keys, images, protect),
      proxmox: proxmox?.api,
      ssh,
      secrets,
      limits,
      activation: host.activation,
    };
  };
}

/** Only what is stated: an absent limit must not hide a default. */
function stated(limits: StackValues["limits"]): Partial<HostLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** Public keys of the people and machines that deploy; read anew at each run, used at a machine's birth only. */
function publicKeys(values: StackValues): string[] {
  return values.ssh.publicKeyFiles.map((file) => {
    try {
      return readFileSync(file, "utf8").trim();
    } catch {
      throw userError(
        `nixmon:ssh.publicKeyFiles: cannot read ${file}; want the path of a public key such as id_ed25519.pub`,
      );
    }
  });
}

/** Every host that only exports, by name. */
export function exporterHosts(
  plan: ClusterPlan,
  args: HostArgs,
  proxmox: Proxmox | undefined,
): Record<string, ExporterHost> {
  const names = Object.keys(plan.hosts).filter((name) => plan.hosts[name]?.collector === null);
  const opts = { providers: proxmox ? [proxmox.provider] : [] };
  return Object.fromEntries(names.map((name) => [name, new ExporterHost(name, args(name), opts)]));
}
