import { hostPort } from "../../plan/address";
import { requireRow } from "../../plan/catalog";
import { probeJob } from "../../plan/probes";
import { secretKeys } from "../../plan/secrets";
import type { CollectorData, HostData } from "../../plan/types";
import { quote } from "../push/remote";
import type { DeployedStack } from "./state";

/** PromQL by the name under which the answer is read. */
export const queries = {
  probe: "probe_success",
  probeStatus: "probe_http_status_code",
  samples: 'sum(rate(prometheus_tsdb_head_samples_appended_total{job="prometheus"}[10m]))',
  series: 'sum(prometheus_tsdb_head_series{job="prometheus"})',
  chunkBytes:
    'sum(prometheus_tsdb_compaction_chunk_size_bytes_sum{job="prometheus"}) / sum(prometheus_tsdb_compaction_chunk_samples_sum{job="prometheus"})',
  stored:
    'sum(prometheus_tsdb_storage_blocks_bytes{job="prometheus"}) + sum(prometheus_tsdb_wal_storage_size_bytes{job="prometheus"}) + sum(prometheus_tsdb_head_chunks_storage_size_bytes{job="prometheus"})',
  // an hour: a shorter time would take what a new host catches up on for its rate
  logBytes: 'sum(rate(loki_distributor_bytes_received_total{job="loki"}[1h]))',
  unsent: "sum by (integration) (increase(alertmanager_notifications_failed_total[10m])) > 0",
} as const;

/** Where the collectors keep what they collect. */
export const dataFolders = { prometheus: "/var/lib/prometheus2", loki: "/var/lib/loki" } as const;

/** What only the monitoring primary can tell. */
export function collectorQuestions(data: HostData, collector: CollectorData, stack: DeployedStack) {
  const prometheus = `http://${hostPort(data.address, requireRow("prometheus").port)}`;
  const identity = identityUrl(collector);
  const proxmox = stack.scrapeTargets[data.host]?.find(({ name }) => name === "pve")?.params.target;
  const sites = httpsSites(stack);
  return {
    targets: targetsNow(prometheus),
    files: `cd /var/lib/nixmon/targets && for file in *.json; do printf '%s\\t' "$file"; tr -d '\\n' <"$file"; echo; done`,
    metrics: ask(prometheus),
    reloads: reloads(data, collector),
    rules: `${get(`${prometheus}/api/v1/rules`)} | grep -o '"lastError":"[^"]*"' | sort | uniq -c | sort -rn | head -n 3`,
    ...(collector.alertmanager === null ? {} : { alertmanagers: get(`${prometheus}/api/v1/alertmanagers`) }),
    storage: `df -Pk ${Object.values(dataFolders).join(" ")} | tail -n +2
printf 'logs %s\\n' "$(timeout 15 du -skx ${dataFolders.loki} | cut -f 1)"`,
    ...(identity === undefined
      ? {}
      : { identity: discovery(identity, identityAddress(identity.hostname, data, stack)) }),
    ...(proxmox === undefined ? {} : { proxmox: rights(proxmox, data.monitoring.collector.proxmox.verifyTls) }),
    ...(sites.length === 0 || data.addresses.ioPrimary === null
      ? {}
      : { certificates: certificates(sites, data.addresses.ioPrimary) }),
  };
}

/** Address of the discovery document that Grafana's login depends on, undefined where Grafana has a login of its own. */
export function identityUrl(collector: CollectorData): URL | undefined {
  const login = collector.grafana.settings["auth.generic_oauth"];
  const userinfo = login !== null && typeof login === "object" && !Array.isArray(login) ? login?.api_url : undefined;
  if (typeof userinfo !== "string") return undefined;
  return new URL(userinfo.replace(/\/userinfo$/, "/.well-known/openid-configuration"));
}

/** Where the identity provider's name must lead: to Caddy where that serves it, else to the identity host itself. */
export function identityAddress(name: string, { allocations }: HostData, { hosts }: DeployedStack): string | undefined {
  const io = hosts[allocations.ioPrimaryHost ?? ""]?.data;
  return io?.virtualHosts[name] === undefined ? hosts[allocations.identityHost ?? ""]?.data.address : io.address;
}

/** Sites that are probed over https: those have a certificate. */
export function httpsSites({ scrapeTargets }: DeployedStack): string[] {
  const probes = Object.values(scrapeTargets)
    .flat()
    .filter(({ job, params }) => job === probeJob && params.target?.startsWith("https://"));
  return probes.map(({ name }) => name.slice(name.indexOf(":") + 1)).sort();
}

function get(url: string, more = ""): string {
  return `curl -sS --max-time 8 ${more}${quote(url)}`;
}

/**
 * Prometheus' targets, then for each that is down what it answers this moment, a line \`URL<TAB>HTTP code\`: Prometheus itself only
 * tells of its last try. In its first seconds it has no target at all, since it reads their files every five.
 */
function targetsNow(prometheus: string): string {
  return `for try in 1 2 3 4 5 6 7 8 9 10; do
  list=$(${get(`${prometheus}/api/v1/targets?state=active`)}) || exit
  case $list in *'"activeTargets":[]'*) sleep 1 ;; *) break ;; esac
done
printf '%s\\n' "$list" | tr -d '\\n'; echo
printf '%s\\n' "$list" | sed 's/{"discoveredLabels"/\\n&/g' | grep '"health":"down"' |
  sed -n 's/.*"scrapeUrl":"\\([^"]*\\)".*/\\1/p' | sed 's/\\\\u0026/\\&/g' | head -n 60 | {
    while IFS= read -r url; do
      printf '%s\\t%s\\n' "$url" "$(curl -s -o /dev/null -w '%{http_code}' --max-time 4 "$url")" &
    done
    wait
  }`;
}

function ask(prometheus: string): string {
  return Object.entries(queries)
    .map(([name, query]) => {
      const asked = get(`${prometheus}/api/v1/query`, `-G --data-urlencode ${quote(`query=${query}`)} `);
      return `printf '%s\\t%s\\n' ${name} "$(${asked} | tr -d '\\n')"`;
    })
    .join("\n");
}

/** Whether the last reload was accepted: a refused one leaves the old configuration at work and shows nowhere else. */
function reloads(data: HostData, collector: CollectorData): string {
  const pages = [`http://${hostPort(data.address, requireRow("prometheus").port)}/metrics`];
  if (collector.alertmanager !== null) pages.push(`http://127.0.0.1:${requireRow("alertmanager").port}/metrics`);
  return pages.map((page) => `${get(page)} | grep -E '^[a-z]+_config_last_reload_successful '`).join("\n");
}

/** What \`curl -w\` prints of one try. */
const tried = "%{http_code} %{exitcode} %{remote_ip} %{errormsg}\\n";

/** Lines \`address A\`, \`asked ...\` and \`direct ...\`: the same request by name and straight to the identity host; then its certificate. */
function discovery(url: URL, address: string | undefined): string {
  const port = url.port || "443";
  const request = (name: string, more = "") =>
    `curl -s -o /dev/null --max-time 6 ${more}-w ${quote(`${name} ${tried}`)} ${quote(url.href)}`;
  const direct = address === undefined ? "" : `--resolve ${quote(`${url.hostname}:${port}:${address}`)} -k `;
  return [
    `getent ahosts ${quote(url.hostname)} | awk '{ print "address", $1 }' | sort -u`,
    request("asked"),
    ...(direct === "" ? [] : [request("direct", direct)]),
    certificate(url.hostname, port, direct || "-k "),
  ].join("\n");
}

/** Lines \`certificate DOMAIN Start date:...\` and \`... Expire date:...\` of the certificate itself, without its chain. */
function certificate(domain: string, port: string, more: string): string {
  const page = quote(`https://${domain}:${port}/`);
  return `curl -s -o /dev/null --max-time 6 ${more}-w '%{certs}' ${page} | grep -E '^(Start|Expire) date:' | head -n 2 | sed ${quote(`s/^/certificate ${domain} /`)}`;
}

function certificates(sites: readonly string[], ioPrimary: string): string {
  const looks = sites.map((domain) =>
    certificate(domain, "443", `-k --resolve ${quote(`${domain}:443:${ioPrimary}`)} `),
  );
  return `${looks.map((look) => `{ ${look}; } &`).join("\n")}\nwait`;
}

/** The token's rights as Proxmox VE itself says them, then \`HTTP-code exit-code message\`. The token goes to curl by stdin. */
function rights(api: string, verifyTls: boolean): string {
  const file = (key: string) => `"$(cat ${quote(`/var/lib/nixmon/secrets/${key}`)})"`;
  const token = [secretKeys.proxmoxUser, secretKeys.proxmoxTokenId, secretKeys.proxmoxTokenSecret].map(file).join(" ");
  const host = /:\d+$/.test(api) ? api : `${api}:8006`;
  const ask = (path: string) =>
    `login | curl -sS -K - ${verifyTls ? "" : "-k "}--max-time 8 -w ${quote("\\n%{http_code} %{exitcode} %{errormsg}\\n")} ${quote(`https://${host}/api2/json${path}`)} 2>/dev/null`;
  return [
    `login() { printf 'header = "Authorization: PVEAPIToken=%s!%s=%s"\\n' ${token}; }`,
    ask("/access/permissions"),
    ask("/cluster/resources?type=vm"),
  ].join("\n");
}
