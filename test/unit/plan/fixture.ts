import type { PlanContent } from "../../../plan/plan";
import type { ClusterConfig, HostConfig, JsonObject } from "../../../plan/types";

export function host(name: string, address: string, more: Partial<HostConfig> = {}): HostConfig {
  const empty = { virtualHosts: {}, postgresDatabases: [], redisInstances: {}, monitoring: {}, scrapes: [] };
  return { name, address, ...empty, ...more };
}

/** Three hosts with a role each, and an ordinary one. */
export function cluster(more: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    name: "test",
    domain: "example.net",
    allocations: { monitoringPrimaryHost: "nixmon", ioPrimaryHost: "nixio", identityHost: "nixcloud" },
    lan: ["10.0.0.0/24"],
    monitoring: {},
    proxmox: { host: "pve.example.net", port: 8006, verifyTls: true },
    hosts: [
      host("nixmon", "10.0.0.11"),
      host("nixio", "10.0.0.12", { postgresDatabases: ["app"], redisInstances: { cache: { port: 6379 } } }),
      host("nixcloud", "10.0.0.13", {
        virtualHosts: { "cloud.example.net": { upstream: "10.0.0.13:8080", access: "public" } },
      }),
      host("nixserv", "10.0.0.14"),
    ],
    ...more,
  };
}

/** The same cluster with one host changed. */
export function withHost(name: string, more: Partial<HostConfig>, config = cluster()): ClusterConfig {
  return { ...config, hosts: config.hosts.map((one) => (one.name === name ? { ...one, ...more } : one)) };
}

const rule = (alert: string, expr: string, more: JsonObject = {}): JsonObject => ({
  alert,
  expr,
  for: "5m",
  labels: { severity: "warning" },
  annotations: { summary: `${alert} on {{ $labels.host }}` },
  ...more,
});

export const content: PlanContent = {
  rules: {
    "host.yaml": {
      groups: [
        {
          name: "host",
          rules: [
            rule("HostDown", 'up{job="node"} == 0', { for: "2m", labels: { severity: "critical" } }),
            rule("HighCPUUsage", "cpu_percent > ${percent}", {
              annotations: { summary: "CPU above ${percent}% on {{ $labels.host }}: {{ $value }}" },
            }),
          ],
        },
      ],
    },
  },
  thresholds: { HighCPUUsage: { percent: { value: 90 } } },
};
