import { planCluster } from "../../../plan/plan";
import {
  forecastCluster,
  forecastHost,
  logsDisk,
  metricsDisk,
  sizeBytes,
  targetSeries,
  usualHardware,
} from "../../../plan/sizing";
import figures from "../../../plan/sizing.json";
import { replay } from "../../sizing/replay";
import { cluster, content } from "./fixture";

const plan = planCluster(cluster(), content);
const host = (name: string) => {
  const data = plan.hosts[name];
  if (data === undefined) throw new Error(`the fixture has no ${name}`);
  return data;
};
const node = host("nixserv").targets.find(({ name }) => name === "node");
if (node === undefined) throw new Error("the fixture's host has no node exporter");

test("a machine's series are the exporter's own and so many for each CPU, disk, file system, interface and unit", () => {
  const hardware = { cpus: 2, disks: 1, filesystems: 6, interfaces: 2, units: 100 };
  expect(targetSeries(node, host("nixserv"), hardware)).toBe(336 + 2 * 17 + 18 + 6 * 9 + 2 * 24.5 + 100 * 4.9);
});

test("what is not known of a machine is taken as usual", () => {
  expect(targetSeries(node, host("nixserv"), {})).toBe(targetSeries(node, host("nixserv"), usualHardware));
});

test("sites, databases and rule groups come from the plan", () => {
  const series = (name: string, on: string) => {
    const target = host(on).targets.find((each) => each.name === name);
    return target && targetSeries(target, host(on), {});
  };
  expect(series("postgres", "nixio")).toBe(500 + 46);
  // cloud.example.net and the collectors' own three
  expect(series("caddy", "nixio")).toBe(52 + 4 * 3 * 51.5);
  // host.yaml and expected-jobs.yaml
  expect(series("prometheus", "nixmon")).toBe(915 + 2 * 11);
});

test("each target counts five series that Prometheus adds, and a slower scrape gives fewer samples", () => {
  const { series, samplesPerSecond } = forecastHost(host("nixmon"), {});
  const slow = host("nixmon").targets.find(({ name }) => name === "pve");
  const pve = slow ? targetSeries(slow, host("nixmon"), {}) + figures.perTarget : 0;
  expect(samplesPerSecond).toBeCloseTo((series - pve) / 15 + pve / 30, 0);
});

test("twice the samples or twice the retention take twice the disk, nearly", () => {
  const one = metricsDisk({ samplesPerSecond: 500, series: 7500, retention: "90d" }).bytes;
  expect(metricsDisk({ samplesPerSecond: 1000, series: 15_000, retention: "90d" }).bytes / one).toBeCloseTo(2, 2);
  expect(metricsDisk({ samplesPerSecond: 500, series: 7500, retention: "180d" }).bytes / one).toBeCloseTo(2, 1);
});

test("a limit by size ends the forecast there, and says so", () => {
  const capped = metricsDisk({ samplesPerSecond: 5000, series: 75_000, retention: "1y", cap: "50GB" });
  expect(capped).toMatchObject({ bytes: 50 * 2 ** 30, cappedAt: "50GB" });
  expect(metricsDisk({ samplesPerSecond: 5, series: 75, retention: "1y", cap: "50GB" }).cappedAt).toBeUndefined();
});

test("what Prometheus itself measured wins over the figure", () => {
  const load = { samplesPerSecond: 500, series: 7500, retention: "90d" };
  expect(metricsDisk({ ...load, chunkBytes: 2.2 }).bytes / metricsDisk({ ...load, chunkBytes: 1.1 }).bytes).toBeCloseTo(
    1.94,
    1,
  );
});

test("logs are counted compressed", () => {
  expect(logsDisk(6_900_000, "30d").bytes).toBeCloseTo(30_000_000, -3);
});

test("a host without logs or monitoring sends none", () => {
  const silent = planCluster(cluster({ monitoring: { logs: { enable: false } } }), content);
  expect(Object.values(silent.hosts).map((data) => forecastHost(data, {}).logBytesPerDay)).toEqual([0, 0, 0, 0]);
});

test("the whole is the sum of the hosts; a fleet has no forecast, since its primary is another stack's", () => {
  const whole = forecastCluster(plan, {});
  expect(whole?.series).toBe(Object.values(whole?.hosts ?? {}).reduce((sum, { series }) => sum + series, 0));
  const fleet = planCluster(
    cluster({ externalPrimaryAddress: "10.0.0.99", allocations: { monitoringPrimaryHost: "far" } }),
    content,
  );
  expect(forecastCluster(fleet, {})).toBeUndefined();
});

test.each([
  ["50GB", 50 * 2 ** 30],
  ["1TB", 2 ** 40],
  ["", undefined],
  [undefined, undefined],
])("a size limit of %s is %s bytes", (text, bytes) => {
  expect(sizeBytes(text)).toBe(bytes);
});

test("a replay goes forwards and backwards through what was scraped, at the interval", () => {
  const dump = ['a{x="1 2"} 1 100', 'a{x="1 2"} 2 115.1', 'a{x="1 2"} 3 130', "# EOF"].join("\n");
  const lines = replay(dump, { hours: 1 / 48, every: 1 }).split("\n");
  expect(lines.slice(0, 5)).toEqual(
    [1, 2, 3, 2, 1].map((value, at) => `a{x="1 2"} ${value} ${1_800_000_000 + at * 15}`),
  );
  expect(lines.slice(-2)).toEqual(["# EOF", ""]);
});
