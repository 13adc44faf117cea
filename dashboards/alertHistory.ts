import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts, query } from "./frame";
import { above, neutral, redAbove } from "./limits";
import { q, stack, stat, strips, table } from "./panels";

const alert = `alertstate="firing", severity=~"$severity", severity!="none", host=~"$host"`;
// A pending alert is not news yet, and the Watchdog always fires.
const firing = (more = "") => `count(ALERTS{${alert}${more}}) or vector(0)`;
const time = `sum_over_time(ALERTS{${alert}}[$__range:1m])`;

/** Which alerts fired, where and for how long. */
export function alertHistory(): DashboardBuilder {
  return frame("alerts", "Alert history", "Which alerts fired, where and for how long")
    .time({ from: "now-7d", to: "now" })
    .withVariable(hosts(`up{job="node"}`).allValue(".*"))
    .withVariable(query("severity", "Severity", `label_values(ALERTS{severity!="none"}, severity)`).allValue(".+"))
    .withPanel(stat("Firing now", units.Short, above(1), q(firing(), "")).span(8))
    .withPanel(stat("of them critical", units.Short, redAbove(1), q(firing(`, severity="critical"`), "")).span(8))
    .withPanel(
      stat(
        "Different alerts in the time shown",
        units.Short,
        neutral(),
        q(`count(count by (alertname) (max_over_time(ALERTS{${alert}}[$__range]))) or vector(0)`, ""),
      ).span(8),
    )
    .withPanel(
      stack(
        "Firing, by severity",
        units.Short,
        q(
          `sum by (severity) (ALERTS{${alert}}) or on () label_replace(vector(0), "severity", "none fires", "", "")`,
          "{{severity}}",
        ),
      )
        .span(24)
        .min(0),
    )
    .withPanel(
      strips(
        "When",
        units.Bool,
        redAbove(1),
        q(`max by (host, alertname) (ALERTS{${alert}})`, "{{host}} {{alertname}}"),
      )
        .height(12)
        .noValue("No alert fired"),
    )
    .withPanel(
      table(
        "How long, in the time shown",
        units.Short,
        { severity: "Severity", alertname: "Alert", host: "Host" },
        { title: "Fired for", unit: units.Seconds, expr: `60 * max by (severity, alertname, host) (${time})` },
      ).height(10),
    );
}
