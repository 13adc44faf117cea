import { isPort } from "./address";
import { exporterRows } from "./catalog";
import { dayMs, durationForm, durationMs } from "./duration";
import type { MonitoringOptions, Problem } from "./types";

const exporterNames = exporterRows.map((row) => row.name);

/** A size as Prometheus' flags take it. */
export function isByteSize(text: string): boolean {
  return /^[1-9][0-9]*(MB|GB|TB)$/.test(text);
}

/** What is wrong with one set of `server.monitoring` options, wherever it is stated. */
export function optionProblems(key: string, options: MonitoringOptions): Problem[] {
  const problems: Problem[] = [];
  for (const name of ["metrics", "logs"] as const) {
    const text = options.retention?.[name];
    const length = text === undefined ? undefined : durationMs(text);
    if (text === undefined || (length !== undefined && length >= dayMs)) continue;
    const want = length === undefined ? durationForm : "a day or more (Loki deletes by whole days)";
    problems.push({ key: `${key}.retention.${name}`, got: JSON.stringify(text), want });
  }
  const size = options.retention?.metricsSize;
  if (size !== undefined && !isByteSize(size)) {
    problems.push({
      key: `${key}.retention.metricsSize`,
      got: JSON.stringify(size),
      want: "a size such as 512MB or 50GB",
    });
  }
  for (const [name, exporter] of Object.entries(options.exporters ?? {})) {
    if (!exporterNames.includes(name)) {
      problems.push({
        key: `${key}.exporters.${name}`,
        got: "an unknown exporter",
        want: `one of ${exporterNames.join(", ")}`,
      });
    }
    if (exporter?.port !== undefined && !isPort(exporter.port)) {
      problems.push({
        key: `${key}.exporters.${name}.port`,
        got: JSON.stringify(exporter.port),
        want: "a port, 1 to 65535",
      });
    }
  }
  for (const [alert, override] of Object.entries(options.alerts ?? {})) {
    if (override.for !== undefined && durationMs(override.for) === undefined) {
      problems.push({ key: `${key}.alerts.${alert}.for`, got: JSON.stringify(override.for), want: durationForm });
    }
    for (const [name, value] of Object.entries(override.thresholds ?? {})) {
      if (Number.isFinite(value)) continue;
      problems.push({ key: `${key}.alerts.${alert}.thresholds.${name}`, got: String(value), want: "a finite number" });
    }
  }
  return problems;
}
