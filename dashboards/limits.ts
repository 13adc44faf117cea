import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { load } from "js-yaml";

type Thresholds = Record<string, Record<string, { value: number }>>;

const thresholds = load(readFileSync(thresholdsFile(), "utf8")) as Thresholds;

/** The sources have it beside this folder, the compiled code one level up. */
function thresholdsFile(): string {
  const places = [join(__dirname, "..", "alerts"), join(__dirname, "..", "..", "alerts")].map((place) =>
    join(place, "thresholds.yaml"),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`alerts/thresholds.yaml: not found, looked for ${places.join(" and ")}`);
  return found;
}

/**
 * The default at which an alert fires, so that a panel turns red where the alert does.
 * @throws Error when `alerts/thresholds.yaml` has no such alert or name
 */
export function limit(alert: string, name: string): number {
  const found = thresholds[alert]?.[name];
  if (found === undefined)
    throw new Error(`dashboards: no threshold ${alert}.${name}; wanted one of alerts/thresholds.yaml`);
  return found.value;
}

type Step = { value: number | null; color: string };

function steps(...all: Step[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all);
}

/** Green, from `warning` on orange, from `critical` on red. */
export function above(warning: number, critical?: number): ThresholdsConfigBuilder {
  const red = critical === undefined ? [] : [{ value: critical, color: "red" }];
  return steps({ value: null, color: "green" }, { value: warning, color: "orange" }, ...red);
}

/** Green, from `critical` on red. */
export function redAbove(critical: number): ThresholdsConfigBuilder {
  return steps({ value: null, color: "green" }, { value: critical, color: "red" });
}

/** Red below `critical`, orange below `warning`, green from there on. */
export function below(critical: number, warning?: number): ThresholdsConfigBuilder {
  const orange = warning === undefined ? [] : [{ value: critical, color: "orange" }];
  return steps({ value: null, color: "red" }, ...orange, { value: warning ?? critical, color: "green" });
}

/** A number that is neither good nor bad. */
export function neutral(): ThresholdsConfigBuilder {
  return steps({ value: null, color: "blue" });
}
