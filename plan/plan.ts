import { alertmanagerConfig, anyoneTold } from "./alertmanager";
import { alloyConfig } from "./alloy";
import { blackboxConfig } from "./blackbox";
import { requireRow } from "./catalog";
import { type Cluster, type PlannedHost, surveyCluster, waysOut } from "./cluster";
import { grafanaDatasources, grafanaSettings } from "./grafana";
import { identityUrl, kanidmProvision } from "./kanidm";
import { lokiConfig } from "./loki";
import { probeTargets } from "./probes";
import { expectedJobRules, expectedJobsFile, prometheusConfig } from "./prometheus";
import { portOf, toldOptions } from "./roles";
import { ruleProblems } from "./ruleChecks";
import { renderRules, type Thresholds } from "./rules";
import { secretNeeds } from "./secrets";
import { expectedTargets } from "./targets";
import type { ClusterConfig, CollectorData, HostData, Json, JsonObject, Problem, ScrapeTarget } from "./types";
import { validateCluster } from "./validate";

/** What is written in files and not in the configuration. */
export interface PlanContent {
  /** Rule files as parsed YAML, by file name. */
  rules: Record<string, JsonObject>;
  /** `alerts/thresholds.yaml`, parsed. Default: none. */
  thresholds?: Thresholds | undefined;
  /** What is wrong with files that could not be read, which are not among the others. Default: nothing. */
  unreadable?: readonly Problem[] | undefined;
  /** Whether Prometheus is known to take a rendered rule file with this content, which is not read again then. Default: not known. */
  accepted?: ((content: Json) => boolean) | undefined;
}

export interface ClusterPlan {
  /** host.json by host; empty when there are errors. */
  hosts: Record<string, HostData>;
  /** What each host is expected to offer. */
  targets: Record<string, ScrapeTarget[]>;
  /** What works but is most likely not meant. */
  warnings: string[];
  /** Every mistake at once. Nothing may be deployed while there is one. */
  errors: Problem[];
}

/** Decides everything that can be decided before a host is touched. Pure: the same input gives the same plan. */
export function planCluster(config: ClusterConfig, content: PlanContent): ClusterPlan {
  const cluster = surveyCluster(config);
  const thresholds = content.thresholds ?? {};
  const rules = renderRules({
    files: content.rules,
    thresholds,
    cluster: config.monitoring.alerts ?? {},
    hosts: Object.fromEntries(config.hosts.map((host) => [host.name, host.monitoring.alerts ?? {}])),
    runbooks: config.runbooks,
  });
  const unreadable = content.unreadable ?? [];
  // what a file defines that could not be read is not missing
  const complete = unreadable.length === 0;
  const errors = [
    ...validateCluster(cluster, complete ? content.rules : {}, thresholds),
    ...unreadable,
    ...(complete ? rules.problems : []),
    // a fleet's rules are nobody's: they go to a primary alone
    ...(config.externalPrimaryAddress === undefined ? ruleProblems(rules.files, content.accepted) : []),
  ];
  const warnings = warningsOf(cluster);
  if (errors.length > 0) return { hosts: {}, targets: {}, warnings, errors };
  const hosts = Object.fromEntries(
    cluster.hosts.map((host) => [host.config.name, hostData(host, cluster, rules.files)]),
  );
  const targets = Object.fromEntries(Object.entries(hosts).map(([name, data]) => [name, data.targets]));
  return { hosts, targets, warnings, errors };
}

function hostData(host: PlannedHost, cluster: Cluster, rules: Record<string, JsonObject>): HostData {
  const { config, primary, ioPrimary, primaryAddress } = cluster;
  const { options } = host;
  const isIoPrimary = host === ioPrimary;
  const kanidm =
    options.enable &&
    host.config.name === config.allocations.identityHost &&
    config.identity?.external !== true &&
    grafanaUsesKanidm(cluster);
  const isCollector = host === primary && options.collector.enable;
  return {
    schema: 1,
    host: host.config.name,
    domain: config.domain,
    address: host.config.address,
    lan: config.lan,
    allocations: config.allocations,
    addresses: { monitoringPrimary: primaryAddress, ioPrimary: ioPrimary?.config.address ?? null },
    monitoring: toldOptions(options, config.monitoring, host.config.monitoring),
    virtualHosts: isIoPrimary ? cluster.served : {},
    postgresDatabases: host.config.postgresDatabases,
    redisInstances: host.config.redisInstances,
    scrapes: host.config.scrapes,
    targets: targetsOf(host, cluster),
    secrets: secretNeeds({ options, provisionsGrafanaClient: kanidm, scrapeTokens: cluster.scrapeTokens }),
    alloy: options.logs.enable
      ? alloyConfig({
          host: host.config.name,
          cluster: config.name,
          primaryAddress,
          caddy: isIoPrimary && Object.keys(cluster.served).length > 0,
        })
      : null,
    kanidm: kanidm ? { url: identityUrl(config), provision: kanidmProvision(config.domain) } : null,
    collector: isCollector ? collectorData(host, cluster, rules) : null,
  };
}

function targetsOf(host: PlannedHost, cluster: Cluster): ScrapeTarget[] {
  if (!host.options.enable) return [];
  const own = expectedTargets(host.config, host.options, cluster.config.proxmox);
  // a primary elsewhere does not probe for this stack: only its own exporter is at 127.0.0.1
  if (cluster.primary === undefined || cluster.ioPrimary === undefined) return own;
  const probes = probeTargets(host.config, host.sites, {
    options: cluster.config.probes ?? {},
    blackboxPort: portOf(requireRow("blackbox"), cluster.primary.options),
    ioPrimaryAddress: cluster.ioPrimary.config.address,
  });
  return [...own, ...probes];
}

/** Whether this stack's Grafana logs in with Kanidm; a fleet leaves that to its primary's stack. */
function grafanaUsesKanidm({ primary }: Cluster): boolean {
  return primary?.options.collector.enable === true && primary.options.collector.grafana.kanidm.enable;
}

function collectorData(host: PlannedHost, cluster: Cluster, rules: Record<string, JsonObject>): CollectorData {
  const { config, scrapeTokens } = cluster;
  const { address } = host.config;
  const { collector, retention } = host.options;
  const alerting = collector.alerting.enable;
  const kanidm = collector.grafana.kanidm.enable ? identityUrl(config) : undefined;
  const grafana = { domain: config.domain, address, kanidm, alerting };
  const roleNames = new Set(Object.values(config.allocations));
  const roleHosts = cluster.hosts.filter((other) => roleNames.has(other.config.name));
  const expected = roleHosts.flatMap((other) => targetsOf(other, cluster));
  return {
    prometheus: prometheusConfig({ cluster: config.name, scrapeTokens, alerting }),
    rules: { ...rules, [expectedJobsFile]: expectedJobRules(expected) },
    alertmanager: alerting ? alertmanagerConfig(alertmanagerContext(host, cluster)) : null,
    loki: lokiConfig(address, retention.logs),
    grafana: { settings: grafanaSettings(grafana), datasources: grafanaDatasources(grafana) },
    blackbox: blackboxConfig(),
    authorities: config.authorities ?? [],
  };
}

function alertmanagerContext(host: PlannedHost, cluster: Cluster) {
  const { homeAssistant, nextcloudTalk, heartbeat } = host.options.collector.alerting;
  const given = waysOut(host.config.monitoring, cluster.config.monitoring);
  return {
    homeAssistant: homeAssistant.enable,
    nextcloudTalkUser: nextcloudTalk.enable ? given.talk.user : undefined,
    heartbeat: heartbeat.enable,
    ioPrimaryHost: cluster.ioPrimary?.config.name,
  };
}

function warningsOf(cluster: Cluster): string[] {
  const { primary, ioPrimary, config } = cluster;
  const warnings: string[] = [];
  if (ioPrimary === undefined) {
    const homeless = cluster.hosts.flatMap((host) => Object.keys(host.sites));
    if (homeless.length > 0 && config.externalPrimaryAddress === undefined) {
      warnings.push(`nobody serves ${homeless.join(", ")}: name a host in allocations.server.ioPrimaryHost`);
    }
  }
  if (primary === undefined || !primary.options.collector.enable) return warnings;
  const { alerting, grafana } = primary.options.collector;
  if (!alerting.enable) {
    warnings.push("no alert is raised: monitoring.collector.alerting.enable is false");
  } else if (anyoneTold(alertmanagerContext(primary, cluster)) === undefined) {
    warnings.push(
      "alerts fire but nobody will be told: enable monitoring.collector.alerting.homeAssistant or .nextcloudTalk (dashboards and Alertmanager still show them)",
    );
  } else if (config.runbooks === undefined) {
    warnings.push(
      "messages about alerts have no link to follow, only a path such as docs/runbooks/HostDown.md: set runbooks to where people can read that folder, say https://git.example.net/me/nixmon/src/branch/main/docs/runbooks",
    );
  }
  if (grafana.kanidm.enable && config.allocations.identityHost === undefined && config.identity?.external !== true) {
    warnings.push(
      "Grafana logs in with Kanidm but allocations.server.identityHost names no host, and identity.external is not set: register the client grafana there by hand",
    );
  }
  return warnings;
}
