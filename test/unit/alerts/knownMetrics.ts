import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { parsePromql } from "../../../plan/promql";
import { boards, queriesOf, variableSelectors } from "../dashboards/queries";
import { alerts } from "./ruleFiles";

const folder = join(__dirname, "..", "..", "..", "alerts", "metrics");

/** Jobs whose program is a stand-in in the sandbox. */
export const standInJobs: readonly string[] = ["alloy", "grafana", "loki"];

/** Metric -> jobs that give it, as the sandbox's Prometheus saw it. Written by test/engine/signals.test.ts, see there. */
export type Seen = Record<string, string[]>;

export const seenFile = join(folder, "seen.json");

export function seenMetrics(): Seen {
  return JSON.parse(readFileSync(seenFile, "utf8")) as Seen;
}

/** Metrics without proof by a real exporter, with the reason: alerts/metrics/unproven.yaml. */
export interface Unproven {
  absent: Record<string, string>;
  sometimes: Record<string, string>;
  standIn: Record<string, string>;
}

export function unprovenMetrics(): Unproven {
  return load(readFileSync(join(folder, "unproven.yaml"), "utf8")) as Unproven;
}

/** Every metric that rules and dashboards may read. */
export function knownMetrics(): Set<string> {
  const { absent, sometimes } = unprovenMetrics();
  return new Set([seenMetrics(), absent, sometimes].flatMap((names) => Object.keys(names)));
}

/** Every metric that rules and dashboards do read. */
export function usedMetrics(): Set<string> {
  const queries = [
    ...alerts().map(({ expr }) => expr.replace(/\$\{\w+\}/g, "1")),
    ...boards().flatMap((board) => [...queriesOf(board, "prometheus"), ...variableSelectors(board)]),
  ];
  return new Set(queries.flatMap((expr) => [...parsePromql(expr).metrics]));
}
