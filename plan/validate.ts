import { isAddress, isCidr, isDomain, isHostName, isHostPort } from "./address";
import { type Cluster, type PlannedHost, waysOut } from "./cluster";
import { jobProblems, portProblems } from "./conflicts";
import { databaseProblems } from "./databases";
import { isIdentityUrl } from "./kanidm";
import { nearest } from "./nearest";
import { optionProblems } from "./optionChecks";
import { alertNames, type Thresholds } from "./rules";
import type { JsonObject, MonitoringOptions, Problem } from "./types";

/**
 * Everything that is wrong with a cluster, all at once. Single values are checked here too, though a stack's schema has done it:
 * components can be used without a stack file.
 */
export function validateCluster(
  cluster: Cluster,
  rules: Record<string, JsonObject>,
  thresholds: Thresholds,
): Problem[] {
  const problems: Problem[] = [];
  const { config } = cluster;
  // it becomes a label and part of Prometheus' file, where a dollar sign would be expanded
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(config.name)) {
    problems.push({ key: "name", got: shown(config.name), want: "a cluster name of letters, digits, -, _ and ." });
  }
  if (!isDomain(config.domain))
    problems.push({ key: "domain", got: shown(config.domain), want: "a domain name such as example.net" });
  config.lan.forEach((range, index) => {
    if (!isCidr(range)) problems.push({ key: `lan[${index}]`, got: shown(range), want: "a range such as 10.0.0.0/16" });
  });
  problems.push(
    ...allocationProblems(cluster),
    ...duplicates(cluster),
    ...optionProblems("monitoring", config.monitoring),
  );
  for (const host of cluster.hosts) problems.push(...hostProblems(host, config.externalPrimaryAddress !== undefined));
  problems.push(...siteProblems(cluster), ...integrationProblems(cluster), ...identityProblems(cluster));
  // without rule files (a stack that owns no primary) nothing can be said about their names
  if (Object.keys(rules).length > 0) problems.push(...overrideProblems(cluster, alertNames(rules), thresholds));
  return problems;
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function hostProblems(host: PlannedHost, fleet: boolean): Problem[] {
  const { name, address, monitoring } = host.config;
  const key = `hosts.${name}`;
  const problems: Problem[] = [];
  if (!isHostName(name))
    problems.push({ key, got: shown(name), want: "a host name of lower-case letters, digits and -" });
  if (!isAddress(address))
    problems.push({ key: `${key}.address`, got: shown(address), want: "an IPv4 or IPv6 address" });
  return [
    ...problems,
    ...optionProblems(`${key}.monitoring`, monitoring),
    ...databaseProblems(host.config),
    ...portProblems(host),
    ...jobProblems(host, fleet),
  ];
}

function allocationProblems({ config, hosts, primary }: Cluster): Problem[] {
  const problems: Problem[] = [];
  const names = new Set(config.hosts.map((host) => host.name));
  const known = [...names].slice(0, 10).join(", ") + (names.size > 10 ? ", ..." : "");
  const key = (role: string) => `allocations.server.${role}`;
  const fleet = config.externalPrimaryAddress !== undefined;
  for (const [role, name] of Object.entries(config.allocations)) {
    // a fleet names roles that hosts of other stacks have
    if (name === undefined || fleet || names.has(name)) continue;
    problems.push({
      key: key(role),
      got: `${shown(name)}, which is no host`,
      want: `one of ${known || "the hosts, but there is none"}`,
    });
  }
  if (fleet && !isAddress(config.externalPrimaryAddress ?? "")) {
    problems.push({
      key: "primaryAddress",
      got: shown(config.externalPrimaryAddress),
      want: "an IPv4 or IPv6 address",
    });
  }
  if (fleet && names.has(config.allocations.monitoringPrimaryHost)) {
    const want = "a host of the stack that owns the primary, or no primaryAddress";
    problems.push({
      key: key("monitoringPrimaryHost"),
      got: `${shown(config.allocations.monitoringPrimaryHost)}, a host of this stack`,
      want,
    });
  }
  for (const host of hosts) {
    if (host === primary || !host.options.collector.enable) continue;
    const want = `false: ${config.allocations.monitoringPrimaryHost} is the primary, and there is one`;
    problems.push({ key: `hosts.${host.config.name}.monitoring.collector.enable`, got: "true", want });
  }
  if (primary !== undefined && !primary.options.collector.enable) {
    const off = primary.options.enable ? "collector.enable" : "enable";
    const want = "true, since allocations.server.monitoringPrimaryHost names this host";
    problems.push({ key: `hosts.${primary.config.name}.monitoring.${off}`, got: "false", want });
  }
  return problems;
}

function duplicates({ config }: Cluster): Problem[] {
  const problems: Problem[] = [];
  const nameAt = new Map<string, number>();
  const hostAt = new Map<string, string>();
  config.hosts.forEach(({ name, address }, index) => {
    const before = nameAt.get(name);
    if (before !== undefined)
      problems.push({ key: `hosts[${index}]`, got: `${shown(name)}, also hosts[${before}]`, want: "another name" });
    nameAt.set(name, index);
    const holder = hostAt.get(address);
    if (holder !== undefined) {
      problems.push({
        key: `hosts.${name}.address`,
        got: `${shown(address)}, which ${holder} has`,
        want: "an address of its own",
      });
    }
    hostAt.set(address, name);
  });
  return problems;
}

function siteProblems({ hosts }: Cluster): Problem[] {
  const problems: Problem[] = [];
  const owner = new Map<string, string>();
  for (const { config, sites } of hosts) {
    for (const [domain, site] of Object.entries(sites)) {
      const key = `hosts.${config.name}.virtualHosts.${domain}`;
      // the collectors' own sites are as good as the cluster's domain, which is checked by itself
      if (!isDomain(domain) && config.virtualHosts[domain] !== undefined)
        problems.push({ key, got: shown(domain), want: "a domain name such as app.example.net" });
      if (!isHostPort(site.upstream))
        problems.push({ key: `${key}.upstream`, got: shown(site.upstream || undefined), want: "host:port" });
      if (site.probePath !== undefined && !site.probePath.startsWith("/")) {
        problems.push({ key: `${key}.probePath`, got: shown(site.probePath), want: "a path that begins with /" });
      }
      const other = owner.get(domain);
      if (other !== undefined) problems.push({ key, got: `a site that ${other} has too`, want: "one host per site" });
      owner.set(domain, config.name);
    }
  }
  return problems;
}

function integrationProblems(cluster: Cluster): Problem[] {
  const { primary, config, hosts } = cluster;
  const problems: Problem[] = [];
  for (const { config: host, options } of hosts) {
    if (!options.exporters.pve?.enable) continue;
    const key = host.monitoring.exporters?.pve?.enable
      ? `hosts.${host.name}.monitoring.exporters.pve`
      : "monitoring.collector.proxmox.enable";
    if (config.proxmox === undefined)
      problems.push({ key, got: "enabled, but no proxmox", want: "proxmox.endpoint, or enable: false" });
    else if (!options.collector.enable)
      problems.push({ key, got: "enabled", want: `it on ${primary?.config.name ?? "the primary"} only` });
  }
  if (primary === undefined || !primary.options.collector.enable || !primary.options.collector.alerting.enable)
    return problems;
  const { homeAssistant, nextcloudTalk, heartbeat } = primary.options.collector.alerting;
  const given = waysOut(primary.config.monitoring, config.monitoring);
  const needs = (integration: string, name: string, value: string | undefined, want: string) => {
    if (value === undefined || value === "") {
      problems.push({
        key: `monitoring.collector.alerting.${integration}.${name}`,
        got: shown(value),
        want: `${want}, because ${integration} is enabled`,
      });
    }
  };
  const lacks = (secret: string) => config.givenSecrets !== undefined && !config.givenSecrets.includes(secret);
  const needsSecret = (integration: string, secret: string, what: string) => {
    if (!lacks(secret)) return;
    const want = `${what}, because ${integration} is enabled: pulumi config set --secret ${secret}`;
    problems.push({ key: secret, got: "nothing", want });
  };
  if (homeAssistant.enable && !config.givenSecrets?.includes("homeAssistantWebhookUrl")) {
    const what = "the address of Home Assistant, or the secret homeAssistantWebhookUrl";
    needs("homeAssistant", "url", given.homeAssistantUrl, what);
  }
  if (heartbeat.enable) needsSecret("heartbeat", "heartbeatUrl", "the URL that the watchdog calls");
  if (nextcloudTalk.enable) {
    needs("nextcloudTalk", "url", given.talk.url, "the address of the Nextcloud server");
    needs("nextcloudTalk", "room", given.talk.room, "the token of a Talk room, the last part of its link");
    needs("nextcloudTalk", "user", given.talk.user, "the login name of the account that posts");
    needsSecret("nextcloudTalk", "nextcloudTalkPassword", "the app password of that account");
  }
  return problems;
}

function identityProblems({ config, primary }: Cluster): Problem[] {
  const { identity, givenSecrets } = config;
  const problems: Problem[] = [];
  if (identity?.url !== undefined && !isIdentityUrl(identity.url)) {
    const want = "an https URL without a path, such as https://auth.example.net";
    problems.push({ key: "identity.url", got: shown(identity.url), want });
  }
  const asked = identity?.external === true && primary?.options.collector.grafana.kanidm.enable === true;
  if (asked && givenSecrets !== undefined && !givenSecrets.includes("kanidmToken")) {
    const what = "an API token of a Kanidm service account in idm_oauth2_admins, because identity.external is true";
    problems.push({ key: "kanidmToken", got: "nothing", want: `${what}: pulumi config set --secret kanidmToken` });
  }
  return problems;
}

function overrideProblems({ config }: Cluster, known: ReadonlySet<string>, thresholds: Thresholds): Problem[] {
  const problems: Problem[] = [];
  const check = (key: string, overrides: MonitoringOptions["alerts"]) => {
    for (const [alert, override] of Object.entries(overrides ?? {})) {
      if (!known.has(alert)) {
        problems.push({
          key: `${key}.${alert}`,
          got: "an unknown alert",
          want: `an alert of alerts/*.yaml${likely(alert, known)}`,
        });
        continue;
      }
      const names = Object.keys(thresholds[alert] ?? {});
      for (const name of Object.keys(override.thresholds ?? {})) {
        if (names.includes(name)) continue;
        const want = names.length > 0 ? `one of ${names.join(", ")}` : "no thresholds: this alert has none";
        problems.push({ key: `${key}.${alert}.thresholds.${name}`, got: "an unknown threshold", want });
      }
    }
  };
  check("monitoring.alerts", config.monitoring.alerts);
  for (const host of config.hosts) check(`hosts.${host.name}.monitoring.alerts`, host.monitoring.alerts);
  return problems;
}

/** For a slip of the pen the name that was meant, else those that share the beginning. */
function likely(alert: string, known: ReadonlySet<string>): string {
  const meant = nearest(alert, known);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const start = alert.slice(0, 4).toLowerCase();
  const near = [...known].filter((name) => name.toLowerCase().startsWith(start));
  return near.length > 0 ? `; did you mean ${near.join(", ")}?` : "";
}
