import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, oneHost } from "./frame";
import { above, limit, neutral, redAbove } from "./limits";
import { bars, lines, linesWithLimit, q, stack, stat, strips, table } from "./panels";

const node = `job="node", host=~"$host"`;
const disk = `${node}, fstype!~"tmpfs|ramfs|nfs4?|cifs|smb3|9p|virtiofs|fuse.*"`;
const nic = `${node}, device!~"lo|veth.*|tap.*|fwbr.*|fwln.*|fwpr.*"`;

const cpuBusy = `100 * (1 - avg by (host) (sum without (mode) (rate(node_cpu_seconds_total{${node}, mode=~"idle|iowait"}[$__rate_interval]))))`;
const memoryUsed = `100 * (1 - node_memory_MemAvailable_bytes{${node}} / node_memory_MemTotal_bytes{${node}})`;
const diskUsed = `100 * (1 - node_filesystem_avail_bytes{${disk}} / node_filesystem_size_bytes{${disk}})`;

/** One machine, by resource: how much is used, how much work waits, what goes wrong. */
export function host(): DashboardBuilder {
  return frame("host", "Host", "One machine: CPU, memory, disks, network and units")
    .withVariable(oneHost(`up{job="node"}`))
    .withPanel(stat("Running for", units.Seconds, neutral(), q(`time() - node_boot_time_seconds{${node}}`)))
    .withPanel(stat("CPU busy", units.Percent, redAbove(limit("HighCPUUsage", "percent")), q(cpuBusy)).decimals(1))
    .withPanel(
      stat("Memory in use", units.Percent, redAbove(limit("HighMemoryUsage", "percent")), q(memoryUsed)).decimals(1),
    )
    .withPanel(
      stat(
        "Fullest disk",
        units.Percent,
        redAbove(100 - limit("DiskSpaceCritical", "percent")),
        q(`max by (host) (${diskUsed})`),
      ).decimals(1),
    )
    .withPanel(
      stat(
        "Failed units",
        units.Short,
        redAbove(1),
        q(`sum by (host) (node_systemd_unit_state{${node}, state="failed"})`),
      ),
    )
    .withPanel(
      stat(
        "Clock offset",
        units.Seconds,
        above(limit("ClockSkew", "milliseconds") / 1000),
        q(`abs(node_timex_offset_seconds{${node}})`),
      ),
    )

    .withRow(new RowBuilder("CPU"))
    .withPanel(stack("Where CPU time goes", units.Percent, q(cpuByMode, "{{mode}}")).min(0).max(100))
    .withPanel(
      lines(
        "Work that waits",
        units.Short,
        q(`node_load1{${node}}`, "load, 1 min"),
        q(`node_load15{${node}}`, "load, 15 min"),
        q(`count by (host) (node_cpu_seconds_total{${node}, mode="idle"})`, "cores"),
      ).min(0),
    )

    .withRow(new RowBuilder("Memory"))
    .withPanel(
      stack(
        "What memory is used for",
        units.BytesIEC,
        q(`node_memory_MemTotal_bytes{${node}} - node_memory_MemAvailable_bytes{${node}}`, "in use"),
        q(`node_memory_MemAvailable_bytes{${node}} - node_memory_MemFree_bytes{${node}}`, "cache, can be freed"),
        q(`node_memory_MemFree_bytes{${node}}`, "free"),
      ).min(0),
    )
    .withPanel(
      linesWithLimit(
        "Pages read back from disk",
        units.OpsPerSecond,
        redAbove(limit("MemoryPressure", "pagesPerSecond")),
        q(`rate(node_vmstat_pgmajfault{${node}}[$__rate_interval])`, "major faults"),
      ).min(0),
    )

    .withRow(new RowBuilder("Disks"))
    .withPanel(
      bars(
        "How full",
        units.Percent,
        above(80, 100 - limit("DiskSpaceCritical", "percent")),
        q(diskUsed, "{{mountpoint}}"),
      )
        .min(0)
        .max(100),
    )
    .withPanel(
      linesWithLimit(
        "Time at work",
        units.Percent,
        redAbove(limit("DiskBusy", "percent")),
        q(`100 * rate(node_disk_io_time_seconds_total{${node}}[$__rate_interval])`, "{{device}}"),
      ).min(0),
    )
    .withPanel(
      lines(
        "Read and written",
        units.BytesPerSecondIEC,
        q(`rate(node_disk_read_bytes_total{${node}}[$__rate_interval])`, "{{device}} read"),
        q(`-rate(node_disk_written_bytes_total{${node}}[$__rate_interval])`, "{{device}} written"),
      ),
    )
    .withPanel(
      table(
        "Filesystems",
        units.Short,
        { mountpoint: "Mounted at", device: "Device", fstype: "Type" },
        ...filesystemColumns,
      ).span(12),
    )

    .withRow(new RowBuilder("Network"))
    .withPanel(
      lines(
        "Traffic",
        units.BitsPerSecondSI,
        q(`8 * rate(node_network_receive_bytes_total{${nic}}[$__rate_interval])`, "{{device}} in"),
        q(`-8 * rate(node_network_transmit_bytes_total{${nic}}[$__rate_interval])`, "{{device}} out"),
      ),
    )
    .withPanel(
      lines(
        "Errors and drops",
        units.PacketsPerSecond,
        q(
          `rate(node_network_receive_errs_total{${nic}}[$__rate_interval]) + rate(node_network_transmit_errs_total{${nic}}[$__rate_interval])`,
          "{{device}} errors",
        ),
        q(`rate(node_network_receive_drop_total{${nic}}[$__rate_interval])`, "{{device}} dropped"),
      ).min(0),
    )

    .withRow(new RowBuilder("Units"))
    .withPanel(
      strips(
        "Units that failed",
        units.Bool,
        redAbove(1),
        q(
          `max by (name) (max_over_time(node_systemd_unit_state{${node}, state="failed"}[$__interval])) > 0
            or on () label_replace(vector(0), "name", "none", "", "")`,
          "{{name}}",
        ),
      ),
    );
}

const cpuByMode = `100 * avg by (mode) (rate(node_cpu_seconds_total{${node}, mode!="idle"}[$__rate_interval]))`;

const by = "(mountpoint, device, fstype)";
const filesystemColumns = [
  { title: "Size", unit: units.BytesIEC, expr: `max by ${by} (node_filesystem_size_bytes{${disk}})` },
  { title: "Free", unit: units.BytesIEC, expr: `max by ${by} (node_filesystem_avail_bytes{${disk}})` },
  {
    title: "Used",
    unit: units.Percent,
    expr: `max by ${by} (${diskUsed})`,
    at: redAbove(100 - limit("DiskSpaceCritical", "percent")),
  },
  {
    title: "Inodes free",
    unit: units.Percent,
    expr: `100 * max by ${by} (node_filesystem_files_free{${disk}} / (node_filesystem_files{${disk}} > 0))`,
  },
];
