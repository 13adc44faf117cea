import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts, query } from "./frame";
import { below, limit, redAbove } from "./limits";
import { linesWithLimit, q, stack, stat, strips, table } from "./panels";

const probe = `host=~"$host", instance=~"$site"`;
const daysLeft = `(probe_ssl_earliest_cert_expiry{${probe}} - time()) / 86400`;
const certificateAt = below(limit("CertificateExpiring", "critical"), limit("CertificateExpiring", "warning"));
const slowAt = redAbove(limit("ProbeSlow", "seconds"));

/** Sites as a visitor sees them: reached, how quickly, and how long their certificates last. */
export function probes(): DashboardBuilder {
  return frame(
    "probes",
    "Sites and certificates",
    "Sites as a visitor sees them: reached, how quickly, and how long their certificates last",
  )
    .withVariable(hosts("probe_success"))
    .withVariable(query("site", "Site", `label_values(probe_success{host=~"$host"}, instance)`).allValue(".+"))
    .withPanel(stat("Sites reached", units.Short, below(1), q(`sum(probe_success{${probe}})`, "")).span(6))
    .withPanel(
      stat(
        "Sites not reached",
        units.Short,
        redAbove(1),
        q(`count(probe_success{${probe}} == 0) or vector(0)`, ""),
      ).span(6),
    )
    .withPanel(stat("Slowest site", units.Seconds, slowAt, q(`max(probe_duration_seconds{${probe}})`, "")).span(6))
    .withPanel(
      stat("Next certificate runs out in", units.Days, certificateAt, q(`min(${daysLeft})`, ""))
        .span(6)
        .decimals(1)
        .noValue("No TLS"),
    )

    .withPanel(strips("Reached", units.Bool, below(1), q(`probe_success{${probe}}`, "{{instance}}")))
    .withPanel(
      table(
        "Each site",
        units.Short,
        { instance: "Site", host: "Host" },
        { title: "Reached", unit: units.Bool, expr: `max by (instance, host) (probe_success{${probe}})`, at: below(1) },
        { title: "Status", unit: units.NoUnit, expr: `max by (instance, host) (probe_http_status_code{${probe}})` },
        {
          title: "Takes",
          unit: units.Seconds,
          expr: `max by (instance, host) (probe_duration_seconds{${probe}})`,
          at: slowAt,
        },
        {
          title: "Certificate left",
          unit: units.Days,
          expr: `min by (instance, host) (${daysLeft})`,
          at: certificateAt,
        },
        {
          title: "Reached in the time shown",
          unit: units.Percent,
          expr: `100 * avg by (instance, host) (avg_over_time(probe_success{${probe}}[$__range]))`,
        },
      ),
    )

    .withRow(new RowBuilder("Duration"))
    .withPanel(
      linesWithLimit(
        "Duration of a probe",
        units.Seconds,
        slowAt,
        q(`probe_duration_seconds{${probe}}`, "{{instance}}"),
      ).min(0),
    )
    .withPanel(
      stack(
        "Where the time goes, average",
        units.Seconds,
        q(`avg by (phase) (probe_http_duration_seconds{${probe}})`, "{{phase}}"),
      ).min(0),
    );
}
