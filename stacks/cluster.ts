import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../components/internal/userError";
import { MonitoringPrimary } from "../components/monitoringPrimary";
import { secretKeys } from "../plan/secrets";
import type { ScrapeTarget } from "../plan/types";
import { readAuthorities } from "./authorities";
import { clusterConfig } from "./config";
import { checkDeployable } from "./deployable";
import { exporterHosts, hostArgs } from "./hosts";
import { proxmoxOf } from "./machines";
import { planStack } from "./plan";
import type { StackValues } from "./schema";
import { clusterSecrets } from "./secrets";

/** A whole cluster: its primary, its other hosts, and the hosts of the fleets it names. */
export async function clusterStack(stack: string, values: StackValues) {
  const authorities = readAuthorities(stack, values, readProjectFile);
  const plan = planStack(stack, clusterConfig(stack, values, authorities));
  for (const warning of plan.warnings) await pulumi.log.warn(warning);

  checkDeployable(stack, values, Object.values(plan.hosts));
  const proxmox = proxmoxOf(values, Object.values(plan.hosts));
  const secrets = clusterSecrets(values, Object.values(plan.hosts), proxmox, authorities);
  const args = hostArgs(values, plan, secrets, proxmox);
  const hosts = exporterHosts(plan, args, proxmox);

  const targets: Record<string, pulumi.Input<ScrapeTarget[]> | undefined> = await fleetTargets(values.fleets);
  for (const [name, host] of Object.entries(hosts)) targets[name] = host.scrapeTargets;

  const primaryName = values.allocations.server.monitoringPrimaryHost;
  const primary = new MonitoringPrimary(
    primaryName,
    { ...args(primaryName, true), targets },
    { providers: proxmox ? [proxmox.provider] : [] },
  );
  const connections = Object.fromEntries(
    Object.entries({ ...hosts, [primaryName]: primary }).map(([name, host]) => [name, host.connection]),
  );
  return {
    primary: primaryName,
    urls: primary.urls,
    connections,
    /** What `make preview` compares with. */
    machines: Object.fromEntries(Object.entries(values.hosts).map(([name, { machine }]) => [name, machine])),
    /** Of Grafana's own account `admin`: the way in without Kanidm. */
    grafanaAdminPassword: secrets[secretKeys.grafanaAdminPassword],
    scrapeTargets: { ...targets, [primaryName]: primary.scrapeTargets },
  };
}

/** The program runs in the project's folder. */
function readProjectFile(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Targets of hosts that other stacks own. Read before any resource is made: which hosts there are decides which files there are. */
async function fleetTargets(fleets: readonly string[]): Promise<Record<string, ScrapeTarget[] | undefined>> {
  const found: Record<string, ScrapeTarget[] | undefined> = {};
  for (const fleet of fleets) {
    const details = await new pulumi.StackReference(fleet).getOutputDetails("scrapeTargets");
    const offered = details.value as Record<string, unknown> | undefined;
    if (offered === undefined) {
      throw userError(`nixmon:fleets: stack ${fleet} has no output scrapeTargets; run \`pulumi up\` there first`);
    }
    for (const [host, list] of Object.entries(offered)) {
      // where the last deployment of a host failed, its stack does not know
      found[host] = Array.isArray(list) ? list : undefined;
      if (found[host] === undefined)
        await pulumi.log.warn(
          `${host} of ${fleet}: its last deployment failed, so what is scraped of it stays as it was`,
        );
    }
  }
  return found;
}
