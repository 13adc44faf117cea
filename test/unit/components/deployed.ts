import type { MachineArgs } from "../../../components/internal/machine";
import { planCluster } from "../../../plan/plan";
import type { ClusterConfig, HostConfig } from "../../../plan/types";
import type { Registered } from "./mocks";

/** A primary and a host, and what Proxmox and the hosts would answer. */

const host = (name: string, address: string): HostConfig => ({
  name,
  address,
  virtualHosts: {},
  postgresDatabases: [],
  redisInstances: {},
  monitoring: {},
  scrapes: [],
});

const cluster: ClusterConfig = {
  name: "test",
  domain: "example.net",
  allocations: { monitoringPrimaryHost: "mon" },
  lan: ["10.0.0.0/24"],
  monitoring: { collector: { grafana: { kanidm: { enable: false } } } },
  hosts: [host("mon", "10.0.0.2"), host("web", "10.0.0.3")],
};

const plan = planCluster(cluster, { rules: {} });
export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

export function dataOf(name: string) {
  const data = plan.hosts[name];
  if (data === undefined) throw new Error(`no host ${name}: ${JSON.stringify(plan.errors)}`);
  return data;
}

export const manifest = (name: string) => ({
  schema: 1,
  host: name,
  hash: `hash-of-${name}`,
  exporters: [{ name: "node", job: "node", address: "10.0.0.3", port: 9100, path: "/metrics", scheme: "http" }],
});

/** What `push.js` would print. */
export function pushAnswers({ name, inputs }: Registered): Record<string, unknown> {
  if (name.endsWith("-hostkey")) return { stdout: hostKey };
  if (!name.endsWith("-apply")) return { stdout: "" };
  return { stdout: JSON.stringify(manifest((JSON.parse(inputs.stdin as string) as { name: string }).name)) };
}

export const answers = {
  "command:local:Command": pushAnswers,
  "proxmoxve:index/vmLegacy:VmLegacy": () => ({}),
};

export const vm = {
  type: "vm",
  template: 9000,
  node: "pve",
  cores: 2,
  memoryMiB: 2048,
  diskGiB: 20,
  bridge: "vmbr0",
  prefix: 24,
  gateway: "10.0.0.1",
  dns: [],
  tags: [],
  protect: true,
  publicKeys: ["ssh-ed25519 AAAA me"],
} satisfies MachineArgs;

export const commandsIn = (registered: Registered[]) =>
  Object.fromEntries(
    registered.filter(({ type }) => type === "command:local:Command").map(({ name, inputs }) => [name, inputs]),
  );
