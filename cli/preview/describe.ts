import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { HostData } from "../../plan/types";
import { readAuthorities } from "../../stacks/authorities";
import { clusterConfig, readStack } from "../../stacks/config";
import { planStack } from "../../stacks/plan";
import type { MachineValues } from "../../stacks/schema";
import { packageRoot } from "../push/release";

export interface DescribedHost {
  machine: MachineValues;
  /** The host's pinned key as the configuration states it; a machine made here has its own learned. */
  hostKey: string | undefined;
  data: HostData;
}

/** What a stack is to be: all that can be known without engine, network and secrets. */
export interface Description {
  stack: string;
  primary: string;
  hosts: Record<string, DescribedHost>;
  warnings: string[];
}

/**
 * @param project folder of `Pulumi.<stack>.yaml`
 * @param root folder of `alerts/`; default: the package's own
 * @throws ConfigError with every mistake of the configuration
 */
export function describeStack(stack: string, project: string, root = packageRoot()): Description {
  const readFile = (name: string) => {
    const path = resolve(project, name);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  };
  const values = readStack(stack, readFile);
  const authorities = readAuthorities(stack, values, readFile, (path) => `<content of ${path}>`);
  const plan = planStack(stack, clusterConfig(stack, values, authorities), root);
  const hosts = Object.entries(plan.hosts).map(([name, data]): [string, DescribedHost] => {
    const host = values.hosts[name];
    if (host === undefined) throw new Error(`${name}: planned, but not in the configuration`);
    return [name, { machine: host.machine, hostKey: host.ssh.hostKey, data }];
  });
  const primary = values.allocations.server.monitoringPrimaryHost;
  return { stack, primary, hosts: Object.fromEntries(hosts), warnings: plan.warnings };
}
