import { hostPort } from "./address";
import { requireRow } from "./catalog";
import { credentialPath, scrapeTokenKey } from "./secrets";
import { tokenLabel } from "./targets";
import type { JsonObject, ScrapeTarget } from "./types";

/** One file per host, written by the deployer: adding a host restarts nothing. */
export const targetFiles = "/var/lib/nixmon/targets/*.json";

/** Relative to prometheus.yml. NixOS passes the rules by an option of its own and leaves this out. */
export const ruleFiles = "rules/*.yaml";

export interface PrometheusContext {
  /** Cluster name; the `cluster` label of whatever leaves this Prometheus. */
  cluster: string;
  /** Names of the bearer tokens that free scrapes use. */
  scrapeTokens: readonly string[];
  /** Whether Alertmanager runs beside it. */
  alerting: boolean;
}

/** prometheus.yml. Retention is not in it: those are flags, see `ResolvedOptions.retention`. */
export function prometheusConfig(context: PrometheusContext): JsonObject {
  const config: JsonObject = {
    global: {
      scrape_interval: "15s",
      scrape_timeout: "10s",
      evaluation_interval: "15s",
      external_labels: { cluster: context.cluster },
    },
    rule_files: [ruleFiles],
    scrape_configs: [hostsJob(), ...context.scrapeTokens.map(tokenJob)],
  };
  if (!context.alerting) return config;
  const address = hostPort("127.0.0.1", requireRow("alertmanager").port);
  return { ...config, alerting: { alertmanagers: [{ static_configs: [{ targets: [address] }] }] } };
}

/** `nixio:9100` says more than an address and survives a new one; probes and the PVE API name their instance themselves. */
const namedInstance: JsonObject = {
  source_labels: ["instance", "host", "__address__"],
  regex: ";(.+);.+:(\\d+)",
  target_label: "instance",
  replacement: "$1:$2",
};

/** Prometheus 3 refuses answers without a content type; small exporters give none. */
const fallback = "PrometheusText0.0.4";

function hostsJob(): JsonObject {
  return {
    job_name: "hosts",
    file_sd_configs: [{ files: [targetFiles] }],
    fallback_scrape_protocol: fallback,
    relabel_configs: [{ source_labels: [tokenLabel], regex: ".+", action: "drop" }, namedInstance],
  };
}

/** Credentials belong to a scrape config, not to a target: one config per token, fed by the same files. */
function tokenJob(name: string): JsonObject {
  return {
    job_name: `hosts-with-${name}`,
    file_sd_configs: [{ files: [targetFiles] }],
    fallback_scrape_protocol: fallback,
    authorization: {
      type: "Bearer",
      credentials_file: credentialPath(requireRow("prometheus").unit, scrapeTokenKey(name)),
    },
    relabel_configs: [{ source_labels: [tokenLabel], regex: name, action: "keep" }, namedInstance],
  };
}

/** Of the rules that are made here; a file of this name in alerts/ would be lost. */
export const expectedJobsFile = "expected-jobs.yaml";

/**
 * Jobs that must have a target at any time, as recording rules: `nixmon:expected_job{job="node"} 1`. An alert can then say
 * `nixmon:expected_job unless on (job) group by (job) (up)`. Made of the hosts with a role only: an ordinary host more or less must not
 * change what the primary is told.
 * @param targets of the hosts with a role
 */
export function expectedJobRules(targets: readonly ScrapeTarget[]): JsonObject {
  const jobs = new Set(targets.map((target) => target.job));
  const rules = [...jobs].sort().map((job) => ({
    record: "nixmon:expected_job",
    expr: "vector(1)",
    labels: { job },
  }));
  return { groups: [{ name: "expected-jobs", rules }] };
}
