import {
  CustomVariableBuilder,
  type DashboardBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame } from "./frame";
import { logLines, logVolume, loki, q } from "./panels";

/** Severities as journald names them, and Caddy's where they differ. */
const bad = "emerg|alert|crit|err|error";
const levels: Record<string, string> = {
  all: ".*",
  "errors and worse": bad,
  "warnings and worse": `${bad}|warning|warn`,
  "all but debug": `${bad}|warning|warn|notice|info|`,
};

const chosen = `host=~"$host", unit=~"$unit", level=~"$level"`;
const everywhere = `host=~"$host"`;
const found = `{${chosen}} |~ "(?i)$search"`;

/** Searching the logs of all hosts, and who writes how much of them. */
export function logs(): DashboardBuilder {
  return frame("logs", "Logs", "Logs of all hosts: search, volume and errors")
    .time({ from: "now-1h", to: "now" })
    .withVariable(label("host", "Host", ".+"))
    .withVariable(label("unit", "Unit", ".*"))
    .withVariable(
      // one value and no "All" of Grafana's: with either, Grafana would escape the bars of the pattern
      new CustomVariableBuilder("level")
        .label("Level")
        .values(
          Object.entries(levels)
            .map(([name, value]) => `${name} : ${value}`)
            .join(", "),
        )
        .current({ text: "all", value: ".*" }),
    )
    .withVariable(new TextBoxVariableBuilder("search").label("Search").defaultValue(""))
    .withPanel(
      logVolume("Lines that match, by host", units.Short, q(`sum by (host) (count_over_time(${found} [$__auto]))`)),
    )
    .withPanel(
      logVolume(
        "Errors, by host",
        units.Short,
        q(`sum by (host) (count_over_time({${everywhere}, level=~"${bad}"} [$__auto]))`),
      ),
    )
    .withPanel(
      logVolume(
        "Who writes most",
        units.BytesPerSecondIEC,
        q(`topk(8, sum by (host, unit) (bytes_rate({${everywhere}} [$__auto])))`, "{{host}} {{unit}}"),
      ),
    )
    .withPanel(
      logVolume(
        "Answers of the sites, by status",
        units.RequestsPerSecond,
        q(`sum by (status) (rate({${everywhere}, job="caddy"} | status != "" [$__auto]))`, "{{status}}"),
      ),
    )
    .withPanel(logLines("Lines", found));
}

/** A label of the log streams. */
function label(name: string, title: string, all: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(loki)
    .query({ label: name, stream: name === "host" ? "" : `{host=~"$host"}`, type: 1, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue(all)
    .current({ text: "All", value: "$__all" });
}
