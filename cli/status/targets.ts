import { columns } from "../columns";

/** One active target, as Prometheus' own API tells it. */
export interface ActiveTarget {
  labels: { host?: string; job: string; instance: string };
  scrapeUrl: string;
  /** `up`, `down`, or `unknown` before the first scrape. */
  health: string;
  lastError: string;
  /** RFC 3339; year 1 before the first scrape. */
  lastScrape: string;
}

/** A line of the table. */
export interface TargetRow {
  host: string;
  exporter: string;
  url: string;
  health: string;
  /** Seconds since the last scrape, undefined before the first. */
  age: number | undefined;
  error: string;
}

/** Rows sorted by host and exporter. */
export function targetRows(targets: readonly ActiveTarget[], now: Date): TargetRow[] {
  const rows = targets.map((target): TargetRow => {
    const scraped = Date.parse(target.lastScrape);
    const never = target.health === "unknown" || Number.isNaN(scraped);
    return {
      host: target.labels.host ?? target.labels.instance,
      exporter: target.labels.job,
      url: target.scrapeUrl,
      health: target.health,
      age: never ? undefined : Math.max(0, Math.round((now.getTime() - scraped) / 1000)),
      error: target.lastError,
    };
  });
  return rows.sort(
    (a, b) => a.host.localeCompare(b.host) || a.exporter.localeCompare(b.exporter) || a.url.localeCompare(b.url),
  );
}

/** The table with its heading; a target that is down is followed by the reason. */
export function targetTable(rows: readonly TargetRow[]): string {
  const cells = rows.map((row) => [
    row.host,
    row.exporter,
    row.url,
    row.health,
    row.age === undefined ? "-" : `${row.age} s ago`,
  ]);
  const lines = columns([["host", "exporter", "url", "health", "last scrape"], ...cells]);
  const [heading = "", ...body] = lines;
  const explained = body.flatMap((line, index) => {
    const error = rows[index]?.error;
    return error ? [line, `    ${error}`] : [line];
  });
  return [heading, ...explained].join("\n");
}
