import type { Variable } from "./board";

/** Prometheus' scrape interval in the clusters that we make, seconds. */
const scrape = 15;

/** What a variable was set to, as a person would see it and as queries get it. */
export interface Chosen {
  name: string;
  label: string;
  shown: string[];
  value: string;
}

/** "All" where several may be chosen, else the first value: what Grafana shows when a dashboard is opened. */
export function choose(variable: Variable, values: readonly string[]): Chosen {
  const { name, label, multi, allValue } = variable;
  const shown = multi ? [...values] : values.slice(0, 1);
  const pattern = shown.map(escaped);
  const list = pattern.length > 1 ? `(${pattern.join("|")})` : (pattern[0] ?? "");
  return { name, label, shown, value: multi ? (allValue ?? list) : list };
}

/** Grafana escapes values for a regular expression inside a PromQL string, so each backslash is two. */
function escaped(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, "\\\\$&");
}

/**
 * The query with every variable replaced, Grafana's own ones by its rules.
 * @param step seconds between two points
 * @param range seconds from the first to the last
 */
export function interpolate(expr: string, chosen: readonly Chosen[], step: number, range: number): string {
  const own: Record<string, string> = {
    __rate_interval: `${Math.max(step + scrape, 4 * scrape)}s`,
    __interval: `${step}s`,
    __range: `${range}s`,
  };
  const known = new Map([...Object.entries(own), ...chosen.map(({ name, value }) => [name, value] as const)]);
  return expr.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    return known.get(braced ?? bare ?? "") ?? whole;
  });
}
