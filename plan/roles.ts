import { exporterRows } from "./catalog";
import type { MonitoringOptions, ResolvedOptions, ToldOptions } from "./options";
import type { AutoRule, CatalogRow, ClusterConfig } from "./types";

/** What auto-detection looks at. */
export interface HostFacts {
  name: string;
  allocations: ClusterConfig["allocations"];
  /** Whether this host's Caddy serves any virtual host. */
  virtualHosts: boolean;
  /** Whether this host has PostgreSQL databases. */
  databases: boolean;
  /** Whether this host has Redis instances. */
  redis: boolean;
  /** Whether somebody else runs the cluster's Kanidm. Default false. */
  externalIdentity?: boolean | undefined;
  /** The cluster's Proxmox VE API, undefined where it names none. */
  proxmox: { verifyTls: boolean } | undefined;
  /** Whether the user gave the address of a heartbeat service. Default false. */
  heartbeatGiven?: boolean | undefined;
}

/** Used where neither the host nor the cluster states a value. */
export const defaultRetention = { metrics: "90d", logs: "90d", metricsSize: "50GB" } as const;

/** Reads one option: the host's own value, else the cluster's, else undefined. */
type Reader = <T>(read: (options: MonitoringOptions) => T | undefined) => T | undefined;

/**
 * Decides every automatic option of one host. Explicit beats automatic, and the host's own value beats the cluster's.
 * With `enable: false` nothing runs, whatever else is stated.
 */
export function resolveOptions(facts: HostFacts, cluster: MonitoringOptions, host: MonitoringOptions): ResolvedOptions {
  const stated: Reader = (read) => read(host) ?? read(cluster);
  const enable = stated((o) => o.enable) ?? true;
  const logs = enable && (stated((o) => o.logs?.enable) ?? true);
  const isPrimary = facts.name === facts.allocations.monitoringPrimaryHost;
  const collector = enable && (stated((o) => o.collector?.enable) ?? isPrimary);
  const alerting = stated((o) => o.collector?.alerting?.enable) ?? true;
  const proxmox = stated((o) => o.collector?.proxmox?.enable) ?? facts.proxmox !== undefined;
  const auto = automatic(facts, { logs, collector, alerting, proxmox });

  return {
    enable,
    retention: {
      metrics: stated((o) => o.retention?.metrics) ?? defaultRetention.metrics,
      logs: stated((o) => o.retention?.logs) ?? defaultRetention.logs,
      metricsSize: stated((o) => o.retention?.metricsSize) ?? defaultRetention.metricsSize,
    },
    exporters: Object.fromEntries(
      exporterRows.map((row) => [
        row.name,
        {
          enable: enable && (stated((o) => o.exporters?.[row.name]?.enable) ?? auto[row.auto]),
          port: stated((o) => o.exporters?.[row.name]?.port) ?? row.port,
        },
      ]),
    ),
    logs: { enable: logs },
    collector: {
      enable: collector,
      grafana: {
        // without an identity host there is nobody to log in with, unless the user says that Kanidm lives elsewhere
        kanidm: {
          enable:
            stated((o) => o.collector?.grafana?.kanidm?.enable) ??
            (facts.allocations.identityHost !== undefined || facts.externalIdentity === true),
        },
      },
      alerting: {
        enable: alerting,
        homeAssistant: { enable: stated((o) => o.collector?.alerting?.homeAssistant?.enable) ?? false },
        nextcloudTalk: { enable: stated((o) => o.collector?.alerting?.nextcloudTalk?.enable) ?? false },
        heartbeat: {
          enable: stated((o) => o.collector?.alerting?.heartbeat?.enable) ?? facts.heartbeatGiven ?? false,
        },
      },
      proxmox: { enable: proxmox, verifyTls: facts.proxmox?.verifyTls ?? true },
    },
  };
}

/**
 * What the host itself is told. Automatic values stay out: the host decides them by the same rules (`options.nix`), so that an option
 * which is set there, say `logs.enable = false`, takes its exporter with it.
 */
export function toldOptions(
  options: ResolvedOptions,
  cluster: MonitoringOptions,
  host: MonitoringOptions,
): ToldOptions {
  const told = ([name, { enable, port }]: [string, { enable: boolean; port: number }]) => {
    const stated = host.exporters?.[name]?.enable ?? cluster.exporters?.[name]?.enable;
    return [name, stated === undefined ? { port } : { enable, port }] as const;
  };
  return { ...options, exporters: Object.fromEntries(Object.entries(options.exporters).map(told)) };
}

interface Decided {
  logs: boolean;
  collector: boolean;
  alerting: boolean;
  proxmox: boolean;
}

function automatic(facts: HostFacts, decided: Decided): Record<AutoRule, boolean> {
  const isIoPrimary = facts.name === facts.allocations.ioPrimaryHost;
  return {
    always: true,
    proxyVirtualHosts: facts.virtualHosts,
    ioPrimaryWithDatabases: isIoPrimary && facts.databases,
    ioPrimaryWithRedis: isIoPrimary && facts.redis,
    logs: decided.logs,
    proxmox: decided.collector && decided.proxmox,
    collector: decided.collector,
    alerting: decided.collector && decided.alerting,
  };
}

/** Whether a catalog row runs on a host with these options. */
export function runs(row: CatalogRow, options: ResolvedOptions): boolean {
  if (row.kind === "exporter") return options.exporters[row.name]?.enable ?? false;
  return options.collector.enable && (row.auto !== "alerting" || options.collector.alerting.enable);
}

/** The port that a row listens on. */
export function portOf(row: CatalogRow, options: ResolvedOptions): number {
  return options.exporters[row.name]?.port ?? row.port;
}
