import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { prometheus } from "./panels";

const tag = "nixmon";

/** What all dashboards have in common: they are linked with each other, share the cursor and cannot be changed by hand. */
export function frame(name: string, title: string, description: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(`nixmon-${name}`)
    .description(description)
    .tags([tag])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-6h", to: "now" })
    .refresh("1m")
    .link(
      new DashboardLinkBuilder("Dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
}

/**
 * The variable `host`.
 * @param series what to take the hosts from, for instance `up{job="redis"}`
 */
export function hosts(series: string): QueryVariableBuilder {
  return query("host", "Host", `label_values(${series}, host)`);
}

/** One host at a time, for dashboards on which several would be a jumble. */
export function oneHost(series: string): QueryVariableBuilder {
  return query("host", "Host", `label_values(${series}, host)`)
    .multi(false)
    .includeAll(false)
    .current({ text: "", value: "" });
}

/** A variable whose values Prometheus knows; several may be chosen, all at first. */
export function query(name: string, label: string, values: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(prometheus)
    .query({ query: values, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: "All", value: "$__all" });
}
