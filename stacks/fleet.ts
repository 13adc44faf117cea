import { clusterConfig } from "./config";
import { checkDeployable } from "./deployable";
import { exporterHosts, hostArgs } from "./hosts";
import { proxmoxOf } from "./machines";
import { planStack } from "./plan";
import type { StackValues } from "./schema";
import { clusterSecrets } from "./secrets";

/** Hosts that export to a primary which another stack owns; that stack names this one in `fleets`. */
export async function fleetStack(stack: string, values: StackValues) {
  const plan = planStack(stack, clusterConfig(stack, values));
  checkDeployable(stack, values, Object.values(plan.hosts));
  const proxmox = proxmoxOf(values, Object.values(plan.hosts));
  const args = hostArgs(values, plan, clusterSecrets(values, Object.values(plan.hosts), proxmox), proxmox);
  const hosts = exporterHosts(plan, args, proxmox);
  const entries = Object.entries(hosts);
  return {
    /** What `make preview` compares with. */
    machines: Object.fromEntries(Object.entries(values.hosts).map(([name, { machine }]) => [name, machine])),
    scrapeTargets: Object.fromEntries(entries.map(([name, host]) => [name, host.scrapeTargets])),
    connections: Object.fromEntries(entries.map(([name, host]) => [name, host.connection])),
  };
}
