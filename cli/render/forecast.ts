import type { ClusterForecast, DiskForecast, Hardware } from "../../plan/sizing";
import type { StackValues } from "../../stacks/schema";
import { columns } from "../columns";

/** What a stack's configuration says of its machines, for the forecast. */
export function knownHardware({ hosts, allocations }: StackValues): Record<string, Partial<Hardware>> {
  const made = Object.values(hosts).filter(({ machine }) => machine.type !== "existing").length;
  return Object.fromEntries(
    Object.entries(hosts).map(([name, { machine }]) => [
      name,
      {
        ...(machine.type === "existing" ? {} : { cpus: machine.cores }),
        // the hosts that are made here are guests, and nobody has Proxmox for these alone
        ...(name === allocations.server.monitoringPrimaryHost ? { guests: made + otherGuests } : {}),
      },
    ]),
  );
}

/** Guests of a Proxmox cluster beside the stack's own hosts. */
const otherGuests = 5;

/** The forecast for people: a line a host, then what it takes on the primary's disk. */
export function forecastTable({ hosts, series, samplesPerSecond, metrics, logs }: ClusterForecast): string {
  const rows = Object.entries(hosts).map(([name, host]) => [
    name,
    `${host.estimated ? "~" : ""}${host.series}`,
    host.samplesPerSecond.toFixed(1),
    size(host.logBytesPerDay),
  ]);
  const logBytes = Object.values(hosts).reduce((sum, host) => sum + host.logBytesPerDay, 0);
  const total = ["all", String(series), samplesPerSecond.toFixed(1), size(logBytes)];
  return [
    ...columns([["expected", "series", "samples/s", "logs/day"], ...rows, total], [1, 2, 3]),
    `metrics on the primary's disk: ${disk(metrics)}`,
    `logs on the primary's disk: ${disk(logs)}, visitors' requests not counted`,
    "~ with estimates among the measured figures; docs/sizing.md says which and how they were measured",
  ].join("\n");
}

function disk({ retention, bytes, reserve, cappedAt }: DiskForecast): string {
  const capped = cappedAt === undefined ? "" : `, the limit ${cappedAt} is reached before that`;
  return `${size(bytes)} after ${retention}${capped} (give it ${size(reserve)})`;
}

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  return `${(bytes / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
