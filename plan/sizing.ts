import { durationMs } from "./duration";
import type { ClusterPlan } from "./plan";
import { probeJob } from "./probes";
import figures from "./sizing.json";
import type { HostData, ScrapeTarget } from "./types";

/** What decides how many series a machine's own exporter shows. */
export interface Hardware {
  cpus: number;
  /** Block devices, without loop devices and partitions. */
  disks: number;
  /** Mounted file systems, the ones in memory included. */
  filesystems: number;
  /** Network interfaces, the loopback included. */
  interfaces: number;
  /** systemd's units without devices, mounts, scopes and slices. */
  units: number;
  /** Of the Proxmox VE cluster, where this host asks it. */
  guests: number;
  storages: number;
  nodes: number;
  /** Pairs of method and status that Caddy's sites have answered with, each site for itself. Default: three for each. */
  answers?: number;
}

/** A NixOS server of ordinary size; whatever the configuration says of a machine wins. */
export const usualHardware: Hardware = figures.machine;

/** What one host is expected to send. */
export interface HostForecast {
  series: number;
  samplesPerSecond: number;
  /** Whether some of the series are an estimate and not a measured figure. */
  estimated: boolean;
  /** Bytes of log lines, before compression. */
  logBytesPerDay: number;
}

export interface ClusterForecast {
  hosts: Record<string, HostForecast>;
  series: number;
  samplesPerSecond: number;
  metrics: DiskForecast;
  logs: DiskForecast;
}

/** Disk that one kind of data takes on the primary, bytes. */
export interface DiskForecast {
  /** As text, `90d`. */
  retention: string;
  /** At the end of the retention. */
  bytes: number;
  /** What to give it: with the most bytes a sample that were ever measured, and room for compaction, which writes a block anew first. */
  reserve: number;
  /** The size limit that is reached before the retention is over, undefined where none is. */
  cappedAt?: string;
}

type Figures = { base: number; source: string } & Record<string, number | string>;

const allFigures: Record<string, Figures> = figures.series;
const secondsPerDay = 86_400;
/** Prometheus writes blocks of two hours and joins them later. */
const smallestBlockSeconds = 7200;
/** Seconds between two scrapes where a target says nothing else. */
const usualInterval = 15;

/** What a cluster's hosts send, and the disk it takes on the primary over the retention. Undefined where another stack owns the primary. */
export function forecastCluster(
  plan: ClusterPlan,
  hardware: Record<string, Partial<Hardware>>,
): ClusterForecast | undefined {
  const primary = Object.values(plan.hosts).find(({ collector }) => collector !== null);
  if (primary === undefined) return undefined;
  const hosts = Object.fromEntries(
    Object.entries(plan.hosts).map(([name, data]) => [name, forecastHost(data, hardware[name] ?? {})]),
  );
  const sum = (pick: (host: HostForecast) => number) =>
    Object.values(hosts).reduce((total, host) => total + pick(host), 0);
  const samplesPerSecond = sum((host) => host.samplesPerSecond);
  const series = sum((host) => host.series);
  const { retention } = primary.monitoring;
  return {
    hosts,
    series,
    samplesPerSecond,
    metrics: metricsDisk({ samplesPerSecond, series, retention: retention.metrics, cap: retention.metricsSize }),
    logs: logsDisk(
      sum((host) => host.logBytesPerDay),
      retention.logs,
    ),
  };
}

/** One host's share. Its hardware where it is known, the usual elsewhere. */
export function forecastHost(data: HostData, known: Partial<Hardware>): HostForecast {
  const forecasts = data.targets.map((target) => ({ target, series: targetSeries(target, data, known) }));
  const series = forecasts.reduce((sum, each) => sum + each.series + figures.perTarget, 0);
  const samplesPerSecond = forecasts.reduce(
    (sum, each) => sum + (each.series + figures.perTarget) / intervalOf(each.target),
    0,
  );
  const estimated = forecasts.some(({ target }) => figuresOf(target).source === "estimate");
  return { series: Math.round(series), samplesPerSecond, estimated, logBytesPerDay: logBytes(data) };
}

/** Series that one target shows. Exported for the comparison with what a real one shows. */
export function targetSeries(target: ScrapeTarget, data: HostData, known: Partial<Hardware>): number {
  const counts: Record<string, number> = {
    ...usualHardware,
    answers: figures.answersOfSite * Object.keys(data.virtualHosts).length,
    ...known,
    databases: data.postgresDatabases.length,
    ruleGroups: Object.values(data.collector?.rules ?? {}).reduce(
      (sum, { groups }) => sum + (Array.isArray(groups) ? groups.length : 0),
      0,
    ),
  };
  const { base, source: _, ...each } = figuresOf(target);
  return Object.entries(each).reduce((sum, [one, figure]) => sum + Number(figure) * (counts[`${one}s`] ?? 0), base);
}

function figuresOf({ name, job }: ScrapeTarget): Figures {
  const kind = job === probeJob ? "probe" : (name.split(":")[0] ?? "");
  return allFigures[kind] ?? { base: figures.series.scrape.base, source: "estimate" };
}

function intervalOf({ labels }: ScrapeTarget): number {
  return (durationMs(labels.__scrape_interval__ ?? "") ?? usualInterval * 1000) / 1000;
}

/** Lines of the journal, and on the IO primary one line of access log for each probe. Visitors come on top: nobody knows how many. */
function logBytes({ alloy, virtualHosts }: HostData): number {
  if (alloy === null) return 0;
  const probes = Object.keys(virtualHosts).length * (secondsPerDay / usualInterval);
  return figures.logs.hostBytesPerDay + probes * figures.logs.accessLineBytes;
}

export interface MetricsLoad {
  samplesPerSecond: number;
  series: number;
  retention: string;
  /** Size limit, as `50GB`; undefined where there is none. */
  cap?: string | undefined;
  /** Bytes that a sample really takes in this Prometheus' chunks; undefined where it has not compacted yet. */
  chunkBytes?: number | undefined;
}

/**
 * Disk that Prometheus takes: chunks and index of compacted blocks, and the write-ahead log of the last hours. A block is removed when
 * its youngest sample is too old, and the largest holds a tenth of the retention: so a tenth more is kept, and compaction needs as much again.
 */
export function metricsDisk({ samplesPerSecond, series, retention, cap, chunkBytes }: MetricsLoad): DiskForecast {
  const seconds = (durationMs(retention) ?? 0) / 1000;
  const samples = samplesPerSecond * seconds;
  const { headBytes, headHours } = figures.samples;
  const head = samplesPerSecond * Math.min(seconds, headHours * 3600) * headBytes;
  const perSample = (chunk: number) => chunk + indexBytes(samplesPerSecond / Math.max(series, 1), seconds / 10);
  const bytes = samples * 1.1 * perSample(chunkBytes ?? figures.samples.chunkBytes) + head;
  const most = samples * perSample(chunkBytes ?? figures.samples.chunkBytesMost);
  const limit = sizeBytes(cap);
  return limit !== undefined && cap !== undefined && bytes > limit
    ? { retention, bytes: limit, reserve: limit * 1.1, cappedAt: cap }
    : { retention, bytes, reserve: Math.min(most * 1.2 + head, (limit ?? Number.POSITIVE_INFINITY) * 1.1) };
}

/** Bytes of index for each sample: of its chunk, and of its series' place in the block. */
function indexBytes(samplesPerSecondOfSeries: number, blockSeconds: number): number {
  const { chunkSamples, indexBytesPerChunk, indexBytesPerSeries } = figures.samples;
  const samplesInBlock = samplesPerSecondOfSeries * Math.max(blockSeconds, smallestBlockSeconds);
  return indexBytesPerChunk / chunkSamples + indexBytesPerSeries / Math.max(samplesInBlock, 1);
}

/** Bytes that a sample takes in blocks of that length, chunks and index. */
export function bytesPerSample(intervalSeconds: number, blockSeconds: number): number {
  return figures.samples.chunkBytes + indexBytes(1 / intervalSeconds, blockSeconds);
}

/** Disk that Loki takes for lines of that many bytes a day, compressed. */
export function logsDisk(bytesPerDay: number, retention: string): DiskForecast {
  const days = (durationMs(retention) ?? 0) / 1000 / secondsPerDay;
  const bytes = (bytesPerDay * days) / figures.logs.compression;
  return { retention, bytes, reserve: bytes * 1.1 };
}

const sizeUnits: Record<string, number> = { MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

/** `50GB` -> bytes, in the powers of two that Prometheus means by it. */
export function sizeBytes(size: string | undefined): number | undefined {
  const found = /^(\d+)(MB|GB|TB)$/.exec(size ?? "");
  return found === null ? undefined : Number(found[1]) * (sizeUnits[found[2] ?? ""] ?? Number.NaN);
}
