/** One line of `promtool tsdb dump-openmetrics`: series, value, time. */
const line = /^(.*[^ ]) +(\S+) +(\S+)$/;

/**
 * An accelerated run: what a Prometheus really scraped in a few minutes, played forwards and backwards until it fills the hours, at the
 * scrape interval. Values change as they really do from one scrape to the next, which is what decides how many bytes a sample takes.
 * @param dump the output of `promtool tsdb dump-openmetrics`
 * @param every takes each n-th series only
 * @returns OpenMetrics text, in time order per series
 */
export function replay(
  dump: string,
  { hours, every, interval = 15 }: { hours: number; every: number; interval?: number },
) {
  const series = new Map<string, string[]>();
  for (const text of dump.split("\n")) {
    const found = text.startsWith("#") ? null : line.exec(text);
    if (found === null) continue;
    const [, name = "", value = ""] = found;
    const values = series.get(name);
    if (values === undefined) series.set(name, [value]);
    else values.push(value);
  }
  const start = 1_800_000_000;
  const samples = Math.round((hours * 3600) / interval);
  const lines: string[] = [];
  let count = 0;
  for (const [name, values] of series) {
    count += 1;
    if (count % every !== 0 || values.length < 2) continue;
    const cycle = [...values, ...values.slice(1, -1).reverse()];
    for (let at = 0; at < samples; at += 1) lines.push(`${name} ${cycle[at % cycle.length]} ${start + at * interval}`);
  }
  return `${lines.join("\n")}\n# EOF\n`;
}
