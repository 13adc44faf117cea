import { forecastTable, knownHardware } from "../../../cli/render/forecast";
import type { ClusterForecast } from "../../../plan/sizing";
import { parseStack } from "../../../stacks/config";

const host = { series: 1200, samplesPerSecond: 80, estimated: false, logBytesPerDay: 10 * 2 ** 20 };
const forecast: ClusterForecast = {
  hosts: { nixmon: { ...host, series: 7000, samplesPerSecond: 420.25, estimated: true }, web: host },
  series: 8200,
  samplesPerSecond: 500.25,
  metrics: { retention: "90d", bytes: 7.5 * 2 ** 30, reserve: 14 * 2 ** 30 },
  logs: { retention: "30d", bytes: 600 * 2 ** 20, reserve: 700 * 2 ** 20 },
};

test("the forecast is a line a host and the whole, then the disk, with a sign where it is an estimate", () => {
  expect(forecastTable(forecast).split("\n")).toEqual([
    "expected  series  samples/s  logs/day",
    "nixmon     ~7000      420.3  10.0 MiB",
    "web         1200       80.0  10.0 MiB",
    "all         8200      500.3  20.0 MiB",
    "metrics on the primary's disk: 7.5 GiB after 90d (give it 14.0 GiB)",
    "logs on the primary's disk: 600.0 MiB after 30d (give it 700.0 MiB), visitors' requests not counted",
    "~ with estimates among the measured figures; docs/sizing.md says which and how they were measured",
  ]);
});

test("a limit by size that comes first is told", () => {
  const metrics = { retention: "1y", bytes: 50 * 2 ** 30, reserve: 55 * 2 ** 30, cappedAt: "50GB" };
  expect(forecastTable({ ...forecast, metrics })).toContain(
    "50.0 GiB after 1y, the limit 50GB is reached before that (give it 55.0 GiB)",
  );
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [2 ** 50, "1024.0 TiB"],
])("%d bytes a day are %s", (logBytesPerDay, text) => {
  const only = forecastTable({ ...forecast, hosts: { web: { ...host, logBytesPerDay } } });
  expect(only.split("\n")[1]).toMatch(new RegExp(` ${text}$`));
});

test("of a machine its cores are known where it is made here, and the primary has these as guests, with some others", () => {
  const made = { type: "vm", template: 9000, cores: 2, gateway: "10.0.0.1" };
  const values = parseStack("home", {
    domain: "example.net",
    lan: ["10.0.0.0/24"],
    allocations: { server: { monitoringPrimaryHost: "mon" } },
    proxmox: { endpoint: "https://pve.example.net:8006" },
    hosts: {
      mon: { address: "10.0.0.2", machine: made },
      web: { address: "10.0.0.3", machine: { ...made, cores: 8 } },
      old: { address: "10.0.0.4", machine: { type: "existing" }, ssh: { hostKey: "ssh-ed25519 AAAA" } },
    },
  });
  expect(knownHardware(values)).toEqual({ mon: { cpus: 2, guests: 2 + 5 }, web: { cpus: 8 }, old: {} });
});
