import { logsDisk, metricsDisk } from "../../../plan/sizing";
import type { Disk, Sample } from "../collectorFacts";
import { dataFolders } from "../collectorQuestions";
import { fine, type Result, type Verdict, wrong } from "../result";
import { onHost, primaryOf, type Situation } from "./situation";

/** Of the free space this share stays free: a full disk stops Prometheus and Loki alike. */
const keepFree = 0.05;

/** Whether the primary's disks hold what will be collected until the retention is over, at the present rate. */
export function judgeStorage(situation: Situation): Verdict {
  const primary = primaryOf(situation);
  const known = primary?.facts.collector;
  if (primary === undefined || known === undefined) return { results: [], notes: [] };
  const { host } = primary;
  const { retention } = host.data.monitoring;
  const samplesPerSecond = value(known.metrics.samples);
  const series = value(known.metrics.series);
  const [metricsDiskNow, logsDiskNow] = known.disks;
  const needs: { name: keyof typeof dataFolders; disk: Disk; needed: number; stored: number; days: string }[] = [];
  if (metricsDiskNow && samplesPerSecond !== undefined && series !== undefined) {
    const { reserve } = metricsDisk({
      samplesPerSecond,
      series,
      retention: retention.metrics,
      cap: retention.metricsSize,
      chunkBytes: value(known.metrics.chunkBytes),
    });
    needs.push({
      name: "prometheus",
      disk: metricsDiskNow,
      needed: reserve,
      stored: value(known.metrics.stored) ?? 0,
      days: retention.metrics,
    });
  }
  const logBytes = value(known.metrics.logBytes);
  if (logsDiskNow && logBytes !== undefined && known.storedLogs !== undefined) {
    const { reserve } = logsDisk(logBytes * 86_400, retention.logs);
    needs.push({ name: "loki", disk: logsDiskNow, needed: reserve, stored: known.storedLogs, days: retention.logs });
  }
  const results = needs.map((need): Result => {
    const key = `forecast/${need.name}`;
    const what = `the disk holds ${need.days} of ${need.name === "loki" ? "logs" : "metrics"}`;
    // what shares a disk is counted together
    const together = needs.filter(({ disk }) => disk.mount === need.disk.mount);
    const missing = together.reduce((sum, { needed, stored }) => sum + Math.max(0, needed - stored), 0);
    const free = need.disk.available - need.disk.size * keepFree;
    if (missing <= free) return fine(key, host.name, what);
    return wrong(key, host.name, what, {
      found: `${gib(need.disk.available)} are free on ${need.disk.mount}, where ${dataFolders[need.name]} is`,
      wanted: `${gib(missing)} more by the end of the retention, at the present rate`,
      why: "before the retention is over the disk is full, and then nothing is collected any more",
      type: [
        `a larger disk, or a shorter nixmon:monitoring.retention.${need.name === "loki" ? "logs" : "metrics"} in Pulumi.${situation.stack.stack}.yaml`,
        ...(need.name === "prometheus" ? ["or a limit by size: nixmon:monitoring.retention.metricsSize"] : []),
        onHost(host, `df -h ${dataFolders[need.name]}`),
      ],
    });
  });
  return { results, notes: [] };
}

function value(samples: readonly Sample[] | undefined): number | undefined {
  const found = samples?.[0]?.value;
  return found !== undefined && Number.isFinite(found) ? found : undefined;
}

function gib(bytes: number): string {
  return `${(Math.max(0, bytes) / 2 ** 30).toFixed(1)} GiB`;
}
