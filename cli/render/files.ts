import { dump } from "js-yaml";
import { fileSdOfTargets } from "../../plan/fileSd";
import type { ClusterPlan } from "../../plan/plan";
import type { CollectorData, HostData, JsonObject, ScrapeTarget } from "../../plan/types";
import { ini } from "./ini";

/** Host name -> path below the host's folder -> content. */
export type RenderedHosts = Record<string, Record<string, string>>;

/** What stands for a secret's value: no secret is known here. */
export const secretPlaceholder = "<secret>";

/** Every file that shows what the hosts of a plan would get, in each tool's own form. */
export function renderedHosts(plan: ClusterPlan, dashboards: Record<string, string>): RenderedHosts {
  return Object.fromEntries(
    Object.entries(plan.hosts).map(([name, data]) => [name, hostFiles(data, plan.targets, dashboards)]),
  );
}

function hostFiles(
  data: HostData,
  targets: Record<string, ScrapeTarget[]>,
  dashboards: Record<string, string>,
): Record<string, string> {
  return {
    "host.json": json(data),
    ...(data.secrets.length > 0 ? { "secrets.json": json(secretsFile(data)) } : {}),
    ...(data.alloy === null ? {} : { "config.alloy": data.alloy }),
    ...(data.kanidm === null ? {} : { "kanidm.json": json(data.kanidm.provision) }),
    ...(data.collector === null ? {} : collectorFiles(data.collector, targets, dashboards)),
  };
}

function collectorFiles(
  collector: CollectorData,
  targets: Record<string, ScrapeTarget[]>,
  dashboards: Record<string, string>,
): Record<string, string> {
  return {
    "prometheus.yml": yaml(collector.prometheus),
    ...within("rules", collector.rules, yaml),
    ...(collector.alertmanager === null ? {} : { "alertmanager.yml": yaml(collector.alertmanager) }),
    "loki.yaml": yaml(collector.loki),
    "blackbox.yml": yaml(collector.blackbox),
    "grafana.ini": ini(collector.grafana.settings),
    "grafana-datasources.yaml": yaml(collector.grafana.datasources),
    ...within("dashboards", dashboards, (text) => text),
    ...Object.fromEntries(
      Object.entries(targets).map(([host, list]) => [`targets/${host}.json`, json(fileSdOfTargets(list))]),
    ),
  };
}

function within<T>(folder: string, files: Record<string, T>, write: (content: T) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, write(content)]));
}

function secretsFile(data: HostData): JsonObject {
  return Object.fromEntries(data.secrets.map(({ key, consumers }) => [key, { value: secretPlaceholder, consumers }]));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Long lines stay whole: folding would make a diff of one word a diff of five lines. */
export function yaml(value: JsonObject): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}
