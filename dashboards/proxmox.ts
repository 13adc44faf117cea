import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, query } from "./frame";
import { above, below, limit, neutral, redAbove } from "./limits";
import { bars, busiest, lines, linesWithLimit, q, stat, strips, table } from "./panels";

// One exporter sees the whole cluster, so the machine is in `id` and `node`, and `host` would only be the exporter's.
const ofNode = `id=~"node/($host)"`;
const onNode = `node=~"$host"`;
const ofStorage = `id=~"storage/($host)/.+"`;
const isGuest = `id=~"(qemu|lxc)/.+"`;

const cpuAt = redAbove(limit("ProxmoxNodeCpuHigh", "percent"));
const memoryAt = redAbove(limit("ProxmoxNodeMemoryHigh", "percent"));
const storageAt = above(limit("ProxmoxStorageFilling", "warning"), limit("ProxmoxStorageFilling", "critical"));

const orZero = (expr: string) => `${expr} or vector(0)`;
const nodeName = (expr: string) => `label_replace(${expr}, "node", "$1", "id", "node/(.+)")`;
/** Gives the metric of a guest its name and node. */
const guest = (expr: string) =>
  `max by (name, node, id) (${expr} * on (instance, id) group_left (name, node) pve_guest_info{${onNode}, template="0"})`;

/** The Proxmox VE cluster: nodes, guests, storage, backups and replication. */
export function proxmox(): DashboardBuilder {
  return frame("proxmox", "Proxmox VE", "Nodes, guests, storage, backups and replication")
    .withVariable(query("host", "Node", "label_values(pve_node_info, name)").allValue(".+"))
    .withPanel(stat("Nodes online", units.Short, below(1), q(`sum(pve_up{${ofNode}})`, "")))
    .withPanel(stat("Nodes offline", units.Short, redAbove(1), q(orZero(`count(pve_up{${ofNode}} == 0)`), "")))
    .withPanel(stat("Quorum", units.Bool, below(1), q(`min(pve_up{id=~"cluster/.+"})`, "")).noValue("single node"))
    .withPanel(
      stat(
        "Guests running",
        units.Short,
        neutral(),
        q(`sum(pve_up{${isGuest}} and on (instance, id) pve_guest_info{${onNode}})`, ""),
      ),
    )
    .withPanel(
      stat(
        "Guests in no backup job",
        units.Short,
        above(1),
        q(orZero(`count(${guest("pve_not_backed_up_info")})`), ""),
      ),
    )
    .withPanel(
      stat("Failed replications", units.Short, above(1), q(orZero(`count(pve_replication_failed_syncs > 0)`), "")),
    )

    .withRow(new RowBuilder("Nodes"))
    .withPanel(
      linesWithLimit("CPU busy", units.Percent, cpuAt, q(nodeName(`100 * pve_cpu_usage_ratio{${ofNode}}`), "{{node}}"))
        .min(0)
        .max(100),
    )
    .withPanel(
      linesWithLimit(
        "Memory in use",
        units.Percent,
        memoryAt,
        q(nodeName(`100 * pve_memory_usage_bytes{${ofNode}} / pve_memory_size_bytes{${ofNode}}`), "{{node}}"),
      )
        .min(0)
        .max(100),
    )

    .withRow(new RowBuilder("Guests"))
    .withPanel(
      table(
        "Guests",
        units.Short,
        { name: "Guest", node: "Node", id: "Id" },
        { title: "Runs", unit: units.Bool, expr: guest("pve_up"), at: below(1) },
        { title: "Running for", unit: units.Seconds, expr: guest("pve_uptime_seconds") },
        { title: "CPU", unit: units.Percent, expr: guest("100 * pve_cpu_usage_ratio"), at: cpuAt },
        { title: "Memory", unit: units.BytesIEC, expr: guest("pve_memory_usage_bytes") },
        { title: "of", unit: units.BytesIEC, expr: guest("pve_memory_size_bytes") },
      ).height(10),
    )
    .withPanel(
      lines(
        "CPU of the busiest guests",
        units.Percent,
        q(busiest(10, "id", guest("100 * pve_cpu_usage_ratio")), "{{name}}"),
      ).min(0),
    )
    .withPanel(
      lines(
        "Network of the busiest guests",
        units.BitsPerSecondSI,
        q(busiest(5, "id", `8 * ${guest("rate(pve_network_receive_bytes_total[$__rate_interval])")}`), "{{name}} in"),
        q(
          `-(${busiest(5, "id", `8 * ${guest("rate(pve_network_transmit_bytes_total[$__rate_interval])")}`)})`,
          "{{name}} out",
        ),
      ),
    )

    .withRow(new RowBuilder("Storage and replication"))
    .withPanel(
      bars(
        "How full",
        units.Percent,
        storageAt,
        q(`100 * pve_disk_usage_bytes{${ofStorage}} / (pve_disk_size_bytes{${ofStorage}} > 0)`, "{{id}}"),
      )
        .min(0)
        .max(100),
    )
    .withPanel(
      lines(
        "Age of the last replication",
        units.Seconds,
        q("time() - pve_replication_last_sync_timestamp_seconds", "{{id}}"),
      )
        .min(0)
        .noValue("No guest is replicated"),
    )
    .withPanel(strips("Nodes over time", units.Bool, below(1), q(nodeName(`pve_up{${ofNode}}`), "{{node}}")).height(5));
}
