import { z } from "zod";
import { catalog, findRow } from "./catalog";
import { portOf, runs } from "./roles";
import type { CatalogRow, ClusterConfig, HostConfig, ResolvedOptions, ScrapeTarget } from "./types";

/** Marks a target that is scraped with a bearer token; Prometheus drops labels that begin with `__` after relabelling. */
export const tokenLabel = "__nixmon_token__";

/** PVE's API answers in seconds, not milliseconds, and one scrape makes a call per guest. */
const pvePace = { __scrape_interval__: "30s", __scrape_timeout__: "25s" };
const pveDefaultPort = 8006;

type Proxmox = ClusterConfig["proxmox"];

/** Everything that one host offers: catalog rows that run there, each Redis instance, and free scrapes. Probes come from `plan/probes.ts`. */
export function expectedTargets(host: HostConfig, options: ResolvedOptions, proxmox: Proxmox): ScrapeTarget[] {
  const rows = catalog.filter((row) => runs(row, options)).flatMap((row) => rowTargets(row, host, options, proxmox));
  return [...rows, ...freeTargets(host)];
}

function rowTargets(row: CatalogRow, host: HostConfig, options: ResolvedOptions, proxmox: Proxmox): ScrapeTarget[] {
  const target: ScrapeTarget = {
    name: row.name,
    job: row.job,
    host: host.name,
    address: row.listen === "loopback" ? "127.0.0.1" : host.address,
    port: portOf(row, options),
    path: row.path,
    scheme: "http",
    labels: {},
    params: {},
  };
  if (row.name === "pve") return proxmox ? [pveTarget(target, proxmox)] : [];
  if (row.name === "redis") return redisTargets(target, host);
  return [target];
}

function pveTarget(target: ScrapeTarget, proxmox: NonNullable<Proxmox>): ScrapeTarget {
  // the exporter assumes 8006 and takes a bare host then
  const api = proxmox.port === pveDefaultPort ? proxmox.host : `${proxmox.host}:${proxmox.port}`;
  return {
    ...target,
    labels: { instance: api, ...pvePace },
    params: { target: api, module: "default", cluster: "1", node: "1" },
  };
}

/** The exporter's own page shows the first instance by name; each further one is asked for by address. `instance` is the Redis, not the exporter. */
function redisTargets(target: ScrapeTarget, host: HostConfig): ScrapeTarget[] {
  const [first, ...others] = Object.entries(host.redisInstances).sort(([a], [b]) => (a < b ? -1 : 1));
  if (first === undefined) return [target];
  const further = others.map(([name, { port }]) => ({
    ...target,
    name: `redis:${name}`,
    path: "/scrape",
    labels: { instance: name },
    params: { target: `redis://127.0.0.1:${port}` },
  }));
  return [{ ...target, labels: { instance: first[0] } }, ...further];
}

function freeTargets(host: HostConfig): ScrapeTarget[] {
  return host.scrapes.map(
    (scrape): ScrapeTarget => ({
      name: `scrape:${scrape.job}`,
      job: scrape.job,
      host: host.name,
      address: host.address,
      port: scrape.port,
      path: scrape.path,
      scheme: scrape.scheme,
      labels: scrape.bearerTokenSecret === undefined ? {} : { [tokenLabel]: scrape.bearerTokenSecret },
      params: {},
    }),
  );
}

const labelMap = z.record(z.string(), z.string());

const manifestExporter = z.object({
  name: z.string().min(1),
  job: z.string().min(1),
  address: z.string().min(1),
  port: z.int().min(1).max(65_535),
  path: z.string().startsWith("/"),
  scheme: z.enum(["http", "https"]),
  labels: labelMap.default({}),
  params: labelMap.default({}),
});

/** What a host says of itself after activation (`/etc/nixmon/manifest.json`); a newer agent may say more. */
const manifestSchema = z.object({
  schema: z.literal(1),
  host: z.string().min(1),
  /** Of the pushed files that the running system was made of. */
  hash: z.string().min(1),
  exporters: z.array(manifestExporter),
  /** Checks that failed at the deployment and are no reason to roll back, as `unit redis-exporter.service: failed, not active`. */
  tolerated: z.array(z.string()).default([]),
});

export type Manifest = z.output<typeof manifestSchema>;

/**
 * What Prometheus is to scrape on a host that has confirmed its activation. The host decides which catalog rows really run there;
 * what it cannot know, the probes of its sites, is taken from the plan.
 * @param planned the plan's targets for that host
 */
export function targetsOfManifest(manifest: Manifest, planned: readonly ScrapeTarget[] = []): ScrapeTarget[] {
  const plan = new Map(planned.map((target) => [target.name, target]));
  const confirmed = manifest.exporters.map((exporter): ScrapeTarget => {
    const known = plan.get(exporter.name);
    return {
      ...exporter,
      host: manifest.host,
      labels: { ...known?.labels, ...exporter.labels },
      params: { ...known?.params, ...exporter.params },
    };
  });
  const names = new Set(confirmed.map((target) => target.name));
  return [...confirmed, ...planned.filter((target) => !names.has(target.name) && !isHostsBusiness(target, names))];
}

/** Whether only the host can say that a target is there; further Redis instances are where the exporter is. */
function isHostsBusiness(target: ScrapeTarget, confirmed: ReadonlySet<string>): boolean {
  const [row = "", part] = target.name.split(":");
  return row === "scrape" || (findRow(row) !== undefined && !(part !== undefined && confirmed.has(row)));
}

/**
 * @param text the manifest, JSON
 * @throws Error that names host, key, finding and what was wanted
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`manifest: got ${JSON.stringify(text.slice(0, 60))}, want the JSON that the host's agent prints`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.message}`);
  const host = (value as { host?: unknown } | null)?.host;
  throw new Error(
    `manifest of ${typeof host === "string" ? host : "an unnamed host"}: ${wrong.join("; ")}; is the host's agent of this release?`,
  );
}
