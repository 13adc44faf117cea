import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts, query } from "./frame";
import { above, below, limit, neutral, redAbove } from "./limits";
import { lines, linesWithLimit, q, stack, stat, table } from "./panels";

const server = `job="postgres", host=~"$host"`;
const db = `${server}, datname=~"$database"`;

const perDatabase = (metric: string) => `sum by (datname) (rate(${metric}{${db}}[$__rate_interval]))`;
const connectionsAt = above(limit("PostgresConnectionsHigh", "warning"), limit("PostgresConnectionsHigh", "critical"));
const connections = `100 * sum by (host) (pg_stat_database_numbackends{${server}}) / max by (host) (pg_settings_max_connections{${server}})`;
const cacheHit = `100 * ${perDatabase("pg_stat_database_blks_hit")} / (${perDatabase("pg_stat_database_blks_hit")} + ${perDatabase("pg_stat_database_blks_read")} > 0)`;

/** PostgreSQL: connections, work, locks and size. */
export function postgres(): DashboardBuilder {
  return frame("postgres", "PostgreSQL", "Connections, transactions, locks, cache and size")
    .withVariable(hosts(`up{job="postgres"}`))
    .withVariable(
      query(
        "database",
        "Database",
        `label_values(pg_database_size_bytes{job="postgres", host=~"$host"}, datname)`,
      ).allValue(".+"),
    )
    .withPanel(stat("Answers", units.Bool, below(1), q(`min(pg_up{${server}})`, "")))
    .withPanel(stat("Connections in use", units.Percent, connectionsAt, q(connections)).decimals(1))
    .withPanel(stat("Transactions", units.OpsPerSecond, neutral(), q(transactions, "")))
    .withPanel(
      stat(
        "Oldest transaction",
        units.Seconds,
        redAbove(60 * limit("PostgresLongTransaction", "minutes")),
        q(oldest, ""),
      ),
    )
    .withPanel(stat("Size of all databases", units.BytesIEC, neutral(), q(`sum(pg_database_size_bytes{${db}})`, "")))
    .withPanel(
      stat(
        "Replication lag",
        units.Seconds,
        redAbove(limit("PostgresReplicationLag", "seconds")),
        q(`max(pg_replication_lag_seconds{${server}})`, ""),
      ),
    )

    .withRow(new RowBuilder("Load"))
    .withPanel(
      stack("Connections by state", units.Short, q(`sum by (state) (pg_stat_activity_count{${db}})`, "{{state}}")).min(
        0,
      ),
    )
    .withPanel(linesWithLimit("Connections in use", units.Percent, connectionsAt, q(connections)).min(0).max(100))
    .withPanel(
      lines(
        "Transactions",
        units.OpsPerSecond,
        q(perDatabase("pg_stat_database_xact_commit"), "{{datname}} committed"),
        q(`-${perDatabase("pg_stat_database_xact_rollback")}`, "{{datname}} rolled back"),
      ),
    )
    .withPanel(
      stack(
        "Rows",
        units.RowsPerSecond,
        q(`sum(rate(pg_stat_database_tup_fetched{${db}}[$__rate_interval]))`, "fetched"),
        q(`sum(rate(pg_stat_database_tup_inserted{${db}}[$__rate_interval]))`, "inserted"),
        q(`sum(rate(pg_stat_database_tup_updated{${db}}[$__rate_interval]))`, "updated"),
        q(`sum(rate(pg_stat_database_tup_deleted{${db}}[$__rate_interval]))`, "deleted"),
      ).min(0),
    )

    .withRow(new RowBuilder("Trouble"))
    .withPanel(lines("Locks", units.Short, q(`sum by (mode) (pg_locks_count{${db}}) > 0`, "{{mode}}")).min(0))
    .withPanel(
      lines(
        "Deadlocks and conflicts",
        units.Short,
        q(`sum by (datname) (increase(pg_stat_database_deadlocks{${db}}[$__rate_interval]))`, "{{datname}} deadlocks"),
        q(`sum by (datname) (increase(pg_stat_database_conflicts{${db}}[$__rate_interval]))`, "{{datname}} conflicts"),
      ).min(0),
    )
    .withPanel(
      linesWithLimit(
        "Found in memory",
        units.Percent,
        below(limit("PostgresCacheHitLow", "percent")),
        q(cacheHit, "{{datname}}"),
      )
        .min(0)
        .max(100),
    )
    .withPanel(
      lines(
        "Written to temporary files",
        units.BytesPerSecondIEC,
        q(perDatabase("pg_stat_database_temp_bytes"), "{{datname}}"),
      ).min(0),
    )

    .withRow(new RowBuilder("Size"))
    .withPanel(
      table(
        "Databases",
        units.Short,
        { host: "Host", datname: "Database" },
        { title: "Size", unit: units.BytesIEC, expr: `max by (host, datname) (pg_database_size_bytes{${db}})` },
        {
          title: "Grown in a week",
          unit: units.BytesIEC,
          expr: `max by (host, datname) (delta(pg_database_size_bytes{${db}}[7d]))`,
        },
        {
          title: "Connections",
          unit: units.Short,
          expr: `max by (host, datname) (pg_stat_database_numbackends{${db}})`,
        },
      ).span(12),
    )
    .withPanel(lines("Write-ahead log", units.BytesIEC, q(`pg_wal_size_bytes{${server}}`)).min(0));
}

const transactions = `sum(rate(pg_stat_database_xact_commit{${db}}[$__rate_interval]))`;
const oldest = `max(pg_stat_activity_max_tx_duration{${db}, state!="idle"})`;
