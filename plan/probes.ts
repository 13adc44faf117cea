import { hostPort } from "./address";
import { requireRow } from "./catalog";
import type { ClusterConfig, HostConfig, ProbeOptions, ScrapeTarget, VirtualHost } from "./types";

/** Job label of probe results; `blackbox` is the exporter's own health. */
export const probeJob = "probe";

/** What the sites of a cluster are and how they are asked. */
export interface ProbeContext {
  options: ProbeOptions;
  /** Port of the blackbox exporter on the primary. */
  blackboxPort: number;
  /** Address of the IO primary, which serves every site. */
  ioPrimaryAddress: string;
}

/** The blackbox module that fits the options; `plan/blackbox.ts` defines the three. */
export function probeModule(options: ProbeOptions): "http_2xx" | "https_2xx" | "https_2xx_insecure" {
  if (options.scheme === "http") return "http_2xx";
  return options.verifyTls === false ? "https_2xx_insecure" : "https_2xx";
}

/**
 * One probe per site that a host contributes. They count as the host's targets, because the host is whom a failing site concerns,
 * but it is the primary's blackbox exporter that is scraped.
 */
export function probeTargets(
  host: HostConfig,
  sites: Record<string, VirtualHost>,
  context: ProbeContext,
): ScrapeTarget[] {
  const { options } = context;
  if (options.enable === false) return [];
  const scheme = options.scheme ?? "https";
  return Object.entries(sites)
    .filter(([, site]) => site.probe !== false)
    .map(([domain, site]) => {
      const path = site.probePath ?? "/";
      const authority = options.direct ? hostPort(context.ioPrimaryAddress, scheme === "https" ? 443 : 80) : domain;
      return {
        name: `probe:${domain}`,
        job: probeJob,
        host: host.name,
        address: "127.0.0.1",
        port: context.blackboxPort,
        path: "/probe",
        scheme: "http" as const,
        labels: { instance: `${scheme}://${domain}${path === "/" ? "" : path}` },
        params: {
          module: probeModule(options),
          target: `${scheme}://${authority}${path}`,
          ...(options.direct ? { hostname: domain } : {}),
        },
      };
    });
}

/** The collectors' own sites, which the primary adds unless the configuration says something else under the same names. */
export function collectorSites(config: ClusterConfig, primary: HostConfig): Record<string, VirtualHost> {
  const upstream = (service: string) => hostPort(primary.address, requireRow(service).port);
  return {
    [`grafana.${config.domain}`]: { upstream: upstream("grafana"), access: "public", probePath: "/api/health" },
    [`prometheus.${config.domain}`]: { upstream: upstream("prometheus"), access: "lan", probePath: "/-/healthy" },
    [`loki.${config.domain}`]: { upstream: upstream("loki"), access: "lan", probePath: "/ready" },
  };
}
