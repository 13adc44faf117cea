import { collectorSites } from "./probes";
import { resolveOptions } from "./roles";
import { scrapeTokensOf } from "./secrets";
import type { ClusterConfig, HostConfig, MonitoringOptions, ResolvedOptions, VirtualHost } from "./types";

/** A host with everything decided that does not depend on other hosts' options. */
export interface PlannedHost {
  config: HostConfig;
  options: ResolvedOptions;
  /** Sites that this host contributes. */
  sites: Record<string, VirtualHost>;
}

/** The cluster as the renderers see it: each question that spans hosts is answered once. */
export interface Cluster {
  config: ClusterConfig;
  hosts: PlannedHost[];
  /** Undefined where another stack owns it. */
  primary: PlannedHost | undefined;
  ioPrimary: PlannedHost | undefined;
  primaryAddress: string;
  /** What Caddy on the IO primary serves: every host's sites, probe details left out. */
  served: Record<string, VirtualHost>;
  scrapeTokens: string[];
}

/** Decides roles and collects what spans hosts. Linear in the number of hosts. */
export function surveyCluster(config: ClusterConfig): Cluster {
  const { allocations } = config;
  const sitesOf = new Map(config.hosts.map((host) => [host, contributedSites(config, host)]));
  const served = Object.fromEntries(
    config.hosts.flatMap((host) =>
      Object.entries(sitesOf.get(host) ?? {}).map(
        ([domain, { upstream, access }]) => [domain, { upstream, access }] as const,
      ),
    ),
  );
  const anySite = Object.keys(served).length > 0;
  const hosts = config.hosts.map((host): PlannedHost => {
    const facts = {
      name: host.name,
      allocations,
      virtualHosts: host.name === allocations.ioPrimaryHost && anySite,
      databases: host.postgresDatabases.length > 0,
      redis: Object.keys(host.redisInstances).length > 0,
      externalIdentity: config.identity?.external,
      proxmox: config.proxmox,
      heartbeatGiven: config.givenSecrets?.includes("heartbeatUrl"),
    };
    return {
      config: host,
      options: resolveOptions(facts, config.monitoring, host.monitoring),
      sites: sitesOf.get(host) ?? {},
    };
  });
  const named = (name: string | undefined) => hosts.find((host) => host.config.name === name);
  const primary = named(allocations.monitoringPrimaryHost);
  return {
    config,
    hosts,
    primary,
    ioPrimary: named(allocations.ioPrimaryHost),
    primaryAddress: config.externalPrimaryAddress ?? primary?.config.address ?? "",
    served,
    scrapeTokens: scrapeTokensOf(config.hosts.flatMap((host) => host.scrapes)),
  };
}

/** A host's own sites; the primary adds the collectors' own where there is a Caddy to serve them. Stated details win one by one. */
function contributedSites(config: ClusterConfig, host: HostConfig): Record<string, VirtualHost> {
  const { monitoringPrimaryHost, ioPrimaryHost } = config.allocations;
  const collects =
    host.name === monitoringPrimaryHost && ioPrimaryHost !== undefined && config.collectorSites !== false;
  const own = collects ? collectorSites(config, host) : {};
  const stated = Object.entries(host.virtualHosts).map(([domain, site]): [string, VirtualHost] => {
    const details = Object.entries(site).filter(([, value]) => value !== undefined);
    // a site without upstream is a mistake, see `siteProblems`
    return [domain, { upstream: "", access: "lan", ...own[domain], ...Object.fromEntries(details) }];
  });
  return { ...own, ...Object.fromEntries(stated) };
}

type Alerting = NonNullable<NonNullable<MonitoringOptions["collector"]>["alerting"]>;

/** Where alerts go: the primary's own values, else the cluster's. */
export interface WaysOut {
  homeAssistantUrl: string | undefined;
  talk: { url: string | undefined; room: string | undefined; user: string | undefined };
}

/**
 * @param primary options that the primary states itself
 * @param cluster options that are stated for all hosts
 */
export function waysOut(primary: MonitoringOptions | undefined, cluster: MonitoringOptions): WaysOut {
  const own: Alerting = primary?.collector?.alerting ?? {};
  const all: Alerting = cluster.collector?.alerting ?? {};
  return {
    homeAssistantUrl: own.homeAssistant?.url ?? all.homeAssistant?.url,
    talk: {
      url: own.nextcloudTalk?.url ?? all.nextcloudTalk?.url,
      room: own.nextcloudTalk?.room ?? all.nextcloudTalk?.room,
      user: own.nextcloudTalk?.user ?? all.nextcloudTalk?.user,
    },
  };
}
