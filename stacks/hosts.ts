import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { ExporterHost } from "../components/exporterHost";
import type { MachineArgs } from "../components/internal/machine";
import { userError } from "../components/internal/userError";
import type { ClusterPlan } from "../plan/plan";
import { machineArgs } from "./machines";
import type { StackValues } from "./schema";

/** The arguments that every host component takes, from the stack's configuration. */
export function hostArgs(
  name: string,
  values: StackValues,
  plan: ClusterPlan,
  secrets: Record<string, pulumi.Output<string>>,
  protect = false,
) {
  const data = plan.hosts[name];
  const host = values.hosts[name];
  if (data === undefined || host === undefined) throw userError(`${name}: no such host in the plan`);
  const machine: MachineArgs = machineArgs(host, values, publicKeys(values), protect);
  const ssh = {
    user: host.ssh.user ?? values.ssh.user,
    port: host.ssh.port ?? values.ssh.port,
    hostKey: host.ssh.hostKey,
  };
  return { data, machine, ssh, secrets };
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
  values: StackValues,
  plan: ClusterPlan,
  secrets: Record<string, pulumi.Output<string>>,
  provider: pulumi.ProviderResource | undefined,
): Record<string, ExporterHost> {
  const names = Object.keys(plan.hosts).filter((name) => plan.hosts[name]?.collector === null);
  const opts = { providers: provider ? [provider] : [] };
  return Object.fromEntries(
    names.map((name) => [name, new ExporterHost(name, hostArgs(name, values, plan, secrets), opts)]),
  );
}
