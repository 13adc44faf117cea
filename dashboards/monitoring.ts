import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts } from "./frame";
import { above, below, limit, neutral, redAbove } from "./limits";
import { bars, busiest, lines, linesWithLimit, q, stack, stat } from "./panels";

const at = `host=~"$host"`;
const prometheus = `job="prometheus", ${at}`;
const alertmanager = `job="alertmanager", ${at}`;
/** The only kind of notification that the plan makes; Alertmanager counts all kinds that it knows. */
const webhook = `${alertmanager}, integration="webhook"`;
const loki = `job="loki", ${at}`;
const alloy = `job="alloy", ${at}`;

/** Prometheus names a group by file and group; the file is a path of the Nix store. */
const ruleGroups = `label_replace(prometheus_rule_group_last_duration_seconds{${prometheus}}, "group", "$1", "rule_group", ".*;(.*)")`;

const rate = (metric: string, selector: string) => `rate(${metric}{${selector}}[$__rate_interval])`;
const sizeShare = `100 * prometheus_tsdb_storage_blocks_bytes{${prometheus}} / (prometheus_tsdb_retention_limit_bytes{${prometheus}} > 0)`;
const lokiSlow = `histogram_quantile(0.99, sum by (route, le) (${rate("loki_request_duration_seconds_bucket", `${loki}, route!~"(?i).*tail.*"`)}))`;

/** The monitoring itself: Prometheus, Alertmanager, Loki and Alloy. */
export function monitoring(): DashboardBuilder {
  return frame(
    "monitoring",
    "Monitoring itself",
    "Prometheus, Alertmanager, Loki and Alloy: do they keep up, and does everything arrive",
  )
    .withVariable(hosts(`up{job=~"prometheus|alloy"}`))
    .withPanel(stat("Targets", units.Short, neutral(), q(`count(up{${at}})`, "")))
    .withPanel(stat("Targets down", units.Short, redAbove(1), q(`count(up{${at}} == 0) or vector(0)`, "")))
    .withPanel(
      stat(
        "Rules that fail",
        units.Short,
        redAbove(1),
        q(`count(increase(prometheus_rule_evaluation_failures_total{${prometheus}}[5m]) > 0) or vector(0)`, ""),
      ),
    )
    .withPanel(
      stat(
        "Notifications that fail",
        units.Percent,
        redAbove(limit("AlertmanagerNotificationsFailing", "percent")),
        q(failedShare, ""),
      ),
    )
    .withPanel(
      stat(
        "Log entries a second",
        units.CountsPerSecond,
        neutral(),
        q(`sum(${rate("loki_distributor_lines_received_total", loki)})`, ""),
      ),
    )
    .withPanel(
      stat(
        "Hosts that ship logs",
        units.Short,
        below(1),
        q(`count(sum by (host) (${rate("loki_write_sent_entries_total", alloy)}) > 0) or vector(0)`, ""),
      ),
    )

    .withRow(new RowBuilder("Prometheus"))
    .withPanel(
      lines(
        "Samples taken in",
        units.CountsPerSecond,
        q(`sum by (host) (${rate("prometheus_tsdb_head_samples_appended_total", prometheus)})`),
      ).min(0),
    )
    .withPanel(lines("Series", units.Short, q(`prometheus_tsdb_head_series{${prometheus}}`)).min(0))
    .withPanel(
      bars("Share of the size cap", units.Percent, above(limit("PrometheusStorageNearCap", "percent")), q(sizeShare))
        .min(0)
        .max(100)
        .noValue("No size cap"),
    )
    .withPanel(
      linesWithLimit(
        "Slowest scrapes",
        units.Seconds,
        redAbove(limit("ScrapeSlow", "seconds")),
        q(busiest(5, "job, instance", `scrape_duration_seconds{${at}}`), "{{host}} {{job}}"),
      ).min(0),
    )
    .withPanel(
      lines("Duration of the rule groups", units.Seconds, q(busiest(5, "group", ruleGroups), "{{group}}")).min(0),
    )
    .withPanel(
      stack(
        "Memory of the services",
        units.BytesIEC,
        q(
          `sum by (job) (process_resident_memory_bytes{${at}, job=~"prometheus|alertmanager|loki|grafana"})`,
          "{{job}}",
        ),
      ).min(0),
    )

    .withRow(new RowBuilder("Alertmanager"))
    .withPanel(
      lines(
        "Notifications",
        units.CountsPerSecond,
        q(`sum by (host) (${rate("alertmanager_notifications_total", webhook)})`, "{{host}} sent"),
        q(`-sum by (host) (${rate("alertmanager_notifications_failed_total", webhook)})`, "{{host}} failed"),
      ),
    )
    .withPanel(
      lines(
        "Alerts and silences",
        units.Short,
        q(`sum by (state) (alertmanager_alerts{${alertmanager}})`, "alerts {{state}}"),
        q(`sum by (state) (alertmanager_silences{${alertmanager}, state="active"})`, "silences {{state}}"),
      ).min(0),
    )

    .withRow(new RowBuilder("Loki"))
    .withPanel(
      lines(
        "Logs taken in",
        units.BytesPerSecondIEC,
        q(`sum by (host) (${rate("loki_distributor_bytes_received_total", loki)})`),
      ).min(0),
    )
    .withPanel(
      linesWithLimit(
        "Slowest hundredth takes",
        units.Seconds,
        redAbove(limit("LokiSlow", "seconds")),
        q(lokiSlow, "{{route}}"),
      ).min(0),
    )
    .withPanel(
      lines(
        "Requests that fail",
        units.RequestsPerSecond,
        q(
          `sum by (route) (${rate("loki_request_duration_seconds_count", `${loki}, status_code=~"5.."`)})
            or 0 * sum by (route) (${rate("loki_request_duration_seconds_count", loki)})`,
          "{{route}}",
        ),
      ).min(0),
    )
    .withPanel(
      lines(
        "Since compaction and deletion",
        units.Seconds,
        q(
          `time() - loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds{${loki}}`,
          "compaction",
        ),
        q(`time() - loki_compactor_apply_retention_last_successful_run_timestamp_seconds{${loki}}`, "deletion"),
      )
        .thresholds(redAbove(3600 * limit("LokiRetentionStalled", "hours")))
        .min(0),
    )

    .withRow(new RowBuilder("Alloy"))
    .withPanel(
      lines(
        "Entries sent, by host",
        units.CountsPerSecond,
        q(`sum by (host) (${rate("loki_write_sent_entries_total", alloy)})`),
      ).min(0),
    )
    .withPanel(
      lines(
        "Entries lost, components broken",
        units.Short,
        q(`sum by (host) (increase(loki_write_dropped_entries_total{${alloy}}[$__rate_interval]))`, "{{host}} lost"),
        q(
          `sum by (host) (alloy_component_controller_running_components{${alloy}, health_type!="healthy"})`,
          "{{host}} broken",
        ),
      )
        .thresholds(redAbove(1))
        .min(0),
    );
}

const failedShare = `100 * sum(${rate("alertmanager_notifications_failed_total", alertmanager)})
  / (sum(${rate("alertmanager_notifications_total", alertmanager)}) > 0) or vector(0)`;
