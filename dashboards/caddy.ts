import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts, query } from "./frame";
import { above, below, limit, neutral, redAbove } from "./limits";
import { lines, linesWithLimit, q, stack, stat, table } from "./panels";

const proxy = `job="caddy", host=~"$host"`;
// Caddy's own label `host`, the site, arrives as exported_host: `host` is the machine.
const site = `${proxy}, exported_host=~"$site"`;

const rate = (more: string, by: string) =>
  `sum by (${by}) (rate(caddy_http_request_duration_seconds_count{${site}${more}}[$__rate_interval]))`;
/** A site without such an answer has a share of zero, not none. */
const share = (code: string) =>
  `100 * (${rate(`, code=~"${code}"`, "exported_host")} or 0 * ${rate("", "exported_host")}) / (${rate("", "exported_host")} > 0)`;
const quantile = (at: number) =>
  `histogram_quantile(${at}, sum by (exported_host, le) (rate(caddy_http_request_duration_seconds_bucket{${site}}[$__rate_interval])))`;

const errorsAt = redAbove(limit("CaddyServerErrors", "percent"));
const slowAt = redAbove(limit("CaddySlow", "seconds"));

/** The reverse proxy: rate, errors and duration of each site, and its upstreams. */
export function caddy(): DashboardBuilder {
  return frame("caddy", "Caddy", "The reverse proxy: rate, errors and duration for each site, and its upstreams")
    .withVariable(hosts(`up{job="caddy"}`))
    .withVariable(
      query(
        "site",
        "Site",
        `label_values(caddy_http_request_duration_seconds_count{job="caddy", host=~"$host"}, exported_host)`,
      ).allValue(".*"),
    )
    .withPanel(
      stat(
        "Requests",
        units.RequestsPerSecond,
        neutral(),
        q(`sum(rate(caddy_http_request_duration_seconds_count{${site}}[$__rate_interval]))`, ""),
      ),
    )
    .withPanel(stat("Server errors", units.Percent, errorsAt, q(allErrors, "")).decimals(2))
    .withPanel(stat("In flight", units.Short, neutral(), q(`sum(caddy_http_requests_in_flight{${site}})`, "")))
    .withPanel(
      stat(
        "Upstreams down",
        units.Short,
        redAbove(1),
        q(`count(caddy_reverse_proxy_upstreams_healthy{${proxy}} == 0) or vector(0)`, ""),
      ),
    )
    .withPanel(
      stat("Configuration accepted", units.Bool, below(1), q(`min(caddy_config_last_reload_successful{${proxy}})`, "")),
    )
    .withPanel(
      stat(
        "Configured",
        units.DateTimeFromNow,
        neutral(),
        q(`1000 * max(caddy_config_last_reload_success_timestamp_seconds{${proxy}})`, ""),
      ),
    )

    .withRow(new RowBuilder("Sites"))
    .withPanel(lines("Requests", units.RequestsPerSecond, q(rate("", "exported_host"), "{{exported_host}}")).min(0))
    .withPanel(linesWithLimit("Server errors", units.Percent, errorsAt, q(share("5.."), "{{exported_host}}")).min(0))
    .withPanel(
      linesWithLimit("Slowest twentieth takes", units.Seconds, slowAt, q(quantile(0.95), "{{exported_host}}")).min(0),
    )
    .withPanel(stack("Answers by status", units.RequestsPerSecond, q(rate("", "code"), "{{code}}")).min(0))
    .withPanel(
      table(
        "Each site",
        units.Short,
        { exported_host: "Site" },
        { title: "Requests", unit: units.RequestsPerSecond, expr: rate("", "exported_host") },
        { title: "Server errors", unit: units.Percent, expr: share("5.."), at: errorsAt },
        { title: "Refused", unit: units.Percent, expr: share("4.."), at: above(limit("CaddyClientErrors", "percent")) },
        { title: "Half take less than", unit: units.Seconds, expr: quantile(0.5) },
        { title: "Slowest twentieth", unit: units.Seconds, expr: quantile(0.95), at: slowAt },
      ),
    )

    .withRow(new RowBuilder("Upstreams and traffic"))
    .withPanel(
      lines(
        "Upstreams that are healthy",
        units.Bool,
        q(`caddy_reverse_proxy_upstreams_healthy{${proxy}}`, "{{upstream}}"),
      )
        .thresholds(below(1))
        .min(0)
        .max(1),
    )
    .withPanel(
      lines(
        "Sent",
        units.BytesPerSecondIEC,
        q(
          `sum by (exported_host) (rate(caddy_http_response_size_bytes_sum{${site}}[$__rate_interval]))`,
          "{{exported_host}}",
        ),
      ).min(0),
    );
}

const allErrors = `100 * sum(rate(caddy_http_request_duration_seconds_count{${site}, code=~"5.."}[$__rate_interval]))
  / (sum(rate(caddy_http_request_duration_seconds_count{${site}}[$__rate_interval])) > 0) or vector(0)`;
