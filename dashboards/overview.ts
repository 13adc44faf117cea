import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts } from "./frame";
import { above, below, limit, neutral, redAbove } from "./limits";
import { lines, linesWithLimit, q, stat, table } from "./panels";

const at = `host=~"$host"`;
const node = `job="node", ${at}`;
const disk = `${node}, fstype!~"tmpfs|ramfs|nfs4?|cifs|smb3|9p|virtiofs|fuse.*"`;

const cpu = `100 * (1 - avg by (host) (sum without (mode) (rate(node_cpu_seconds_total{${node}, mode=~"idle|iowait"}[$__rate_interval]))))`;
const memory = `max by (host) (100 * (1 - node_memory_MemAvailable_bytes{${node}} / node_memory_MemTotal_bytes{${node}}))`;
const fullest = `max by (host) (100 * (1 - node_filesystem_avail_bytes{${disk}} / node_filesystem_size_bytes{${disk}}))`;

const cpuAt = redAbove(limit("HighCPUUsage", "percent"));
const memoryAt = redAbove(limit("HighMemoryUsage", "percent"));
const diskAt = redAbove(100 - limit("DiskSpaceCritical", "percent"));

/** `count` of nothing is nothing; a zero reads better than "No data". */
const orZero = (expr: string) => `${expr} or vector(0)`;
const firing = (severity: string) => orZero(`count(ALERTS{alertstate="firing", severity="${severity}", ${at}})`);

/** The whole cluster at a glance: is anything wrong, and where. */
export function overview(): DashboardBuilder {
  return frame("overview", "Cluster overview", "All hosts at a glance: what is wrong, and where")
    .withVariable(hosts(`up{job="node"}`))
    .withPanel(stat("Hosts up", units.Short, neutral(), q(orZero(`sum(up{${node}})`), "")))
    .withPanel(stat("Hosts down", units.Short, redAbove(1), q(orZero(`count(up{${node}} == 0)`), "")))
    .withPanel(stat("Critical alerts", units.Short, redAbove(1), q(firing("critical"), "")))
    .withPanel(stat("Warnings", units.Short, above(1), q(firing("warning"), "")))
    .withPanel(
      stat(
        "Failed units",
        units.Short,
        above(1),
        q(orZero(`sum(node_systemd_unit_state{${node}, state="failed"})`), ""),
      ),
    )
    .withPanel(stat("Sites not reached", units.Short, redAbove(1), q(orZero(`count(probe_success{${at}} == 0)`), "")))

    .withPanel(
      table(
        "Hosts",
        units.Short,
        { host: "Host" },
        { title: "Up", unit: units.Bool, expr: `max by (host) (up{${node}})`, at: upAt },
        { title: "Running for", unit: units.Seconds, expr: `max by (host) (time() - node_boot_time_seconds{${node}})` },
        { title: "CPU", unit: units.Percent, expr: cpu, at: cpuAt },
        { title: "Memory", unit: units.Percent, expr: memory, at: memoryAt },
        { title: "Fullest disk", unit: units.Percent, expr: fullest, at: diskAt },
        { title: "Load per core", unit: units.Short, expr: loadPerCore, at: redAbove(limit("HighLoad", "perCore")) },
        {
          title: "Alerts",
          unit: units.Short,
          expr: `count by (host) (ALERTS{alertstate="firing", severity=~"critical|warning", ${at}}) or 0 * max by (host) (up{${node}})`,
          at: above(1),
        },
      )
        .height(9)
        .overrideByName("Host", [
          {
            id: "links",
            value: [{ title: "Open host", url: "/d/nixmon-host?var-host=${__value.raw}&${__url_time_range}" }],
          },
        ]),
    )
    .withPanel(
      table(
        "Alerts that fire",
        units.Short,
        { severity: "Severity", alertname: "Alert", host: "Host", instance: "Instance" },
        {
          title: "Series",
          unit: units.Short,
          expr: `count by (severity, alertname, host, instance) (ALERTS{alertstate="firing", severity!="none", ${at}})`,
        },
      ).noValue("No alert fires"),
    )

    .withPanel(linesWithLimit("CPU busy", units.Percent, cpuAt, q(cpu)).min(0).max(100))
    .withPanel(linesWithLimit("Memory in use", units.Percent, memoryAt, q(memory)).min(0).max(100))
    .withPanel(linesWithLimit("Fullest disk", units.Percent, diskAt, q(fullest)).min(0).max(100))
    .withPanel(
      lines(
        "Network",
        units.BitsPerSecondSI,
        q(
          `8 * sum by (host) (rate(node_network_receive_bytes_total{${node}, device!="lo"}[$__rate_interval]))`,
          "{{host}} in",
        ),
        q(
          `-8 * sum by (host) (rate(node_network_transmit_bytes_total{${node}, device!="lo"}[$__rate_interval]))`,
          "{{host}} out",
        ),
      ),
    );
}

const upAt = below(1);
const loadPerCore = `max by (host) (node_load5{${node}}) / count by (host) (node_cpu_seconds_total{${node}, mode="idle"})`;
