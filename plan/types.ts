/**
 * The shapes that the plan works on. Everything here is plain data: no Pulumi, no files, no network.
 * `ClusterConfig` is what a validated stack says, `HostData` is what one NixOS host is told (`host.json`).
 */
import type { MonitoringOptions, ToldOptions } from "./options";

export type { MonitoringOptions, ResolvedOptions } from "./options";

/** A Prometheus duration such as `90d` or `15s`. */
export type Duration = string;

/** When an exporter is on if nobody says so; the conditions are the seed's (see `plan/roles.ts`). */
export type AutoRule =
  | "always"
  | "proxyVirtualHosts"
  | "ioPrimaryWithDatabases"
  | "ioPrimaryWithRedis"
  | "logs"
  | "proxmox"
  | "collector"
  | "alerting";

/** One row of `modules/nixos/server/monitoring/exporters/catalog.json`. */
export interface CatalogRow {
  name: string;
  /** Value of the `job` label. */
  job: string;
  kind: "exporter" | "service";
  port: number;
  /** Metrics path. */
  path: string;
  /** Path of the readiness endpoint, null where there is none. */
  ready: string | null;
  /** A metric that is only there when the exporter really sees its subject. */
  proofMetric: string;
  unit: string;
  auto: AutoRule;
  /** `host`: listens on the host's own address; `loopback`: on 127.0.0.1 and scraped by the primary itself. */
  listen: "host" | "loopback";
  openTo: "primary" | "ioPrimary" | "lan" | "nobody";
  /** Whether the health gate rolls back when this one does not come up (else it is reported and tolerated). */
  gating: boolean;
  shows: string;
}

/** One site that the IO primary's Caddy serves. */
export interface VirtualHost {
  /** Where requests go, `host:port`. */
  upstream: string;
  /** `public`: anyone; `lan`: only addresses in the cluster's `lan` ranges. */
  access: "public" | "lan";
  /** Path that the probe asks for; it must answer 200 to 299. Default `/`. */
  probePath?: string | undefined;
  /** Whether the site is probed at all. Default true. */
  probe?: boolean | undefined;
}

/** A site as the configuration states it: whatever is absent is a default. */
export type StatedVirtualHost = {
  /** Must be stated, but for the collectors' own sites. */
  [Key in keyof VirtualHost]?: VirtualHost[Key] | undefined;
};

/** How virtual hosts are probed from the monitoring primary. */
export interface ProbeOptions {
  /** Default true. */
  enable?: boolean | undefined;
  /** Default `https`. */
  scheme?: "https" | "http" | undefined;
  /** Whether an untrusted certificate fails the probe. Default true. */
  verifyTls?: boolean | undefined;
  /**
   * Ask the IO primary's address and name the site in the request, instead of resolving the site's name: for networks whose DNS does
   * not know the sites. Default false.
   */
  direct?: boolean | undefined;
}

/** The Kanidm that people log in with. */
export interface IdentityOptions {
  /** Kanidm's own address, its `origin`. Default `https://auth.<domain>`. */
  url?: string | undefined;
  /** Somebody else runs it: Grafana's client is made by its REST API and not by NixOS on the identity host. Default false. */
  external?: boolean | undefined;
}

/** A scrape of something that is not in the catalog. */
export interface FreeScrape {
  job: string;
  port: number;
  /** Default `/metrics`. */
  path: string;
  scheme: "http" | "https";
  /** Name of a secret that holds the bearer token. */
  bearerTokenSecret?: string | undefined;
}

export interface HostConfig {
  name: string;
  /** IPv4 or IPv6 address by which the other hosts reach it. */
  address: string;
  /** Sites that this host's configuration adds to the IO primary's Caddy, keyed by full domain name. */
  virtualHosts: Record<string, StatedVirtualHost>;
  /** Names of the PostgreSQL databases on this host. */
  postgresDatabases: string[];
  /** Redis instances: name -> TCP port. */
  redisInstances: Record<string, { port: number }>;
  monitoring: MonitoringOptions;
  scrapes: FreeScrape[];
}

export interface ClusterConfig {
  /** Stack name, used in titles only. */
  name: string;
  domain: string;
  allocations: { monitoringPrimaryHost: string; ioPrimaryHost?: string | undefined; identityHost?: string | undefined };
  /**
   * Address of the monitoring primary where another stack owns it (a `fleet`): then `allocations.monitoringPrimaryHost` names no host
   * of this configuration, and no host here runs collectors.
   */
  externalPrimaryAddress?: string | undefined;
  /** Ranges whose members count as LAN, CIDR. */
  lan: string[];
  /** Cluster-wide options; a host's own win. */
  monitoring: MonitoringOptions;
  /** The Proxmox VE API to watch; absent where the cluster has none. */
  proxmox?: { host: string; port: number; verifyTls: boolean } | undefined;
  /** Absent: Kanidm is `https://auth.<domain>`, and Grafana's client there is provisioned by NixOS on the identity host. */
  identity?: IdentityOptions | undefined;
  /** Certificates of authorities that the primary trusts beside the public ones, each PEM text. Default: none. */
  authorities?: string[] | undefined;
  /** Absent: every virtual host is probed by name over https. */
  probes?: ProbeOptions | undefined;
  /** Whether the IO primary serves grafana, prometheus and loki below the cluster's domain. Default true. */
  collectorSites?: boolean | undefined;
  /** Where the pages of `docs/runbooks/` are published, for the link in each alert. Default: their path in the project, which nobody can follow. */
  runbooks?: string | undefined;
  /**
   * Names of the secrets that the user gave (`pulumi config set --secret NAME`); never their values. Undefined: not known, so that nothing
   * is said about missing ones.
   */
  givenSecrets?: readonly string[] | undefined;
  hosts: HostConfig[];
}

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where, as the stack's file writes it: `hosts.nixio.address`. */
  key: string;
  /** What was found there. */
  got: string;
  /** What would be right. */
  want: string;
}

/** Something Prometheus scrapes; also what a host's manifest and `ExporterHost.scrapeTargets` say. */
export interface ScrapeTarget {
  name: string;
  job: string;
  host: string;
  address: string;
  port: number;
  path: string;
  scheme: "http" | "https";
  labels: Record<string, string>;
  /** URL parameters of the scrape, for exporters that probe something else (blackbox, pve). */
  params: Record<string, string>;
}

/** A file under /var/lib/nixmon/secrets that a host's units read. */
export interface SecretNeed {
  /** Path below the secrets folder, e.g. `MONITORING/GRAFANA/SECRET_KEY`. */
  key: string;
  /** Units that must pick up a new value. */
  consumers: string[];
}

/** JSON value; configuration of the tools travels as plain data in each tool's own shape. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** What only the monitoring primary is told, each in the tool's own shape. */
export interface CollectorData {
  /** prometheus.yml */
  prometheus: JsonObject;
  /** File name (`node.yaml`) -> rule groups. */
  rules: Record<string, JsonObject>;
  /** alertmanager.yml, null when alerting is off. */
  alertmanager: JsonObject | null;
  /** loki.yaml */
  loki: JsonObject;
  /** grafana.ini sections, and provisioning of data sources. */
  grafana: { settings: JsonObject; datasources: JsonObject };
  /** blackbox.yml */
  blackbox: JsonObject;
  /** Certificates (PEM) that the host trusts beside the public ones. */
  authorities: string[];
}

/** host.json: the whole of what one NixOS host is told. */
export interface HostData {
  schema: 1;
  host: string;
  domain: string;
  address: string;
  lan: string[];
  allocations: ClusterConfig["allocations"];
  /** Addresses of the hosts that have a role, for firewall rules and push URLs. */
  addresses: { monitoringPrimary: string; ioPrimary: string | null };
  /** Becomes `server.monitoring.*` at mkDefault priority, so an option set on the host wins. */
  monitoring: ToldOptions;
  /** On the IO primary: every virtual host of the cluster; elsewhere empty. */
  virtualHosts: Record<string, VirtualHost>;
  postgresDatabases: string[];
  redisInstances: Record<string, { port: number }>;
  /** What else is scraped there; becomes `server.monitoring.scrapes`. */
  scrapes: FreeScrape[];
  /** Targets this host offers, before the host confirmed them. */
  targets: ScrapeTarget[];
  secrets: SecretNeed[];
  /** config.alloy, null when logs are off. */
  alloy: string | null;
  /** On the identity host only: Kanidm's address, and what it is to provision (`services.kanidm.provision`). */
  kanidm: { url: string; provision: JsonObject } | null;
  collector: CollectorData | null;
}
