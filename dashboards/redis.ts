import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts, query } from "./frame";
import { above, below, limit, neutral, redAbove } from "./limits";
import { busiest, lines, linesWithLimit, q, stack, stat } from "./panels";

const server = `job="redis", host=~"$host", instance=~"$instance"`;
const name = "{{host}} {{instance}}";
const rate = (metric: string) => `rate(${metric}{${server}}[$__rate_interval])`;

const memoryShare = `100 * redis_memory_used_bytes{${server}} / (redis_memory_max_bytes{${server}} > 0)`;
const clientShare = `100 * redis_connected_clients{${server}} / redis_config_maxclients{${server}}`;
const hitRate = `100 * ${rate("redis_keyspace_hits_total")} / (${rate("redis_keyspace_hits_total")} + ${rate("redis_keyspace_misses_total")} > 0)`;

/** Redis: memory, clients, commands and persistence of each instance. */
export function redis(): DashboardBuilder {
  return frame("redis", "Redis", "Memory, clients, commands and persistence of each instance")
    .withVariable(hosts(`up{job="redis"}`))
    .withVariable(query("instance", "Instance", `label_values(redis_up{job="redis", host=~"$host"}, instance)`))
    .withPanel(stat("Answers", units.Bool, below(1), q(`min(redis_up{${server}})`, "")))
    .withPanel(stat("Memory", units.BytesIEC, neutral(), q(`sum(redis_memory_used_bytes{${server}})`, "")))
    .withPanel(stat("Clients", units.Short, neutral(), q(`sum(redis_connected_clients{${server}})`, "")))
    .withPanel(stat("Commands", units.OpsPerSecond, neutral(), q(`sum(${rate("redis_commands_processed_total")})`, "")))
    .withPanel(stat("Keys", units.Short, neutral(), q(`sum(redis_db_keys{${server}})`, "")))
    .withPanel(
      stat(
        "Since last snapshot",
        units.Seconds,
        above(3600 * limit("RedisSnapshotOld", "hours")),
        q(`max(time() - redis_rdb_last_save_timestamp_seconds{${server}})`, ""),
      ),
    )

    .withRow(new RowBuilder("Memory"))
    .withPanel(
      lines(
        "Memory",
        units.BytesIEC,
        q(`redis_memory_used_bytes{${server}}`, `${name} used`),
        q(`redis_memory_used_rss_bytes{${server}}`, `${name} of the process`),
      ).min(0),
    )
    .withPanel(
      linesWithLimit(
        "Share of maxmemory",
        units.Percent,
        redAbove(limit("RedisMemoryHigh", "percent")),
        q(memoryShare, name),
      )
        .min(0)
        .max(100)
        .noValue("No instance has maxmemory set"),
    )
    .withPanel(
      lines(
        "Keys that go",
        units.OpsPerSecond,
        q(rate("redis_expired_keys_total"), `${name} expired`),
        q(rate("redis_evicted_keys_total"), `${name} evicted`),
      ).min(0),
    )
    .withPanel(lines("Keys", units.Short, q(`redis_db_keys{${server}} > 0`, `${name} {{db}}`)).min(0))

    .withRow(new RowBuilder("Work"))
    .withPanel(
      stack(
        "Commands",
        units.OpsPerSecond,
        q(busiest(8, "cmd", `sum by (cmd) (${rate("redis_commands_total")})`), "{{cmd}}"),
      ).min(0),
    )
    .withPanel(lines("Hits", units.Percent, q(hitRate, name)).min(0).max(100))
    .withPanel(
      linesWithLimit(
        "Clients, of those allowed",
        units.Percent,
        redAbove(limit("RedisClientsHigh", "percent")),
        q(clientShare, name),
      ).min(0),
    )
    .withPanel(
      lines(
        "Traffic",
        units.BytesPerSecondIEC,
        q(rate("redis_net_input_bytes_total"), `${name} in`),
        q(`-${rate("redis_net_output_bytes_total")}`, `${name} out`),
      ),
    )

    .withRow(new RowBuilder("Persistence and replication"))
    .withPanel(
      lines("Changes not saved yet", units.Short, q(`redis_rdb_changes_since_last_save{${server}}`, name)).min(0),
    )
    .withPanel(lines("Replicas", units.Short, q(`redis_connected_slaves{${server}}`, name)).min(0));
}
