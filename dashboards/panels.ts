import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { ThresholdsConfigBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as Logs } from "@grafana/grafana-foundation-sdk/logs";
import { DataqueryBuilder as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import { DataqueryBuilder as PromQuery, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimeline } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";
import { neutral } from "./limits";

/** The data sources as Grafana is provisioned with them; their uids are fixed. */
export const prometheus: DataSourceRef = { type: "prometheus", uid: "prometheus" };
export const loki: DataSourceRef = { type: "loki", uid: "loki" };

/** A PromQL query and how its series are called. */
export interface Query {
  expr: string;
  legend: string;
}

export function q(expr: string, legend = "{{host}}"): Query {
  return { expr, legend };
}

/**
 * The series that are highest on average over the time that is shown. `topk` alone picks anew at each point, so that lines come and go.
 * @param by labels that tell the series apart
 */
export function busiest(count: number, by: string, expr: string): string {
  return `(${expr}) and on (${by}) topk(${count}, avg_over_time((${expr})[$__range:] @ end()))`;
}

const letter = (index: number) => String.fromCharCode(65 + index);

function range(query: Query, index: number): PromQuery {
  return new PromQuery()
    .datasource(prometheus)
    .refId(letter(index))
    .expr(query.expr)
    .legendFormat(query.legend)
    .range();
}

function instant(query: Query, index: number): PromQuery {
  return new PromQuery()
    .datasource(prometheus)
    .refId(letter(index))
    .expr(query.expr)
    .legendFormat(query.legend)
    .instant();
}

/** Lines over time, half the width. */
export function lines(title: string, unit: string, ...queries: Query[]): TimeSeries {
  return new TimeSeries()
    .title(title)
    .datasource(prometheus)
    .targets(queries.map(range))
    .unit(unit)
    .span(12)
    .height(8)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .thresholds(neutral())
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
}

/** Lines that add up to a whole. */
export function stack(title: string, unit: string, ...queries: Query[]): TimeSeries {
  return lines(title, unit, ...queries)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"))
    .fillOpacity(40);
}

/** Lines with the alert's threshold drawn in. */
export function linesWithLimit(
  title: string,
  unit: string,
  at: ThresholdsConfigBuilder,
  ...queries: Query[]
): TimeSeries {
  return lines(title, unit, ...queries)
    .thresholds(at)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

const last = () => new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);

/** One number, a sixth of the width. */
export function stat(title: string, unit: string, at: ThresholdsConfigBuilder, query: Query): Stat {
  return new Stat()
    .title(title)
    .datasource(prometheus)
    .withTarget(instant(query, 0))
    .unit(unit)
    .span(4)
    .height(4)
    .thresholds(at)
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(last());
}

/** One horizontal bar for each series. */
export function bars(title: string, unit: string, at: ThresholdsConfigBuilder, ...queries: Query[]): BarGauge {
  return new BarGauge()
    .title(title)
    .datasource(prometheus)
    .targets(queries.map(instant))
    .unit(unit)
    .span(12)
    .height(8)
    .thresholds(at)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .reduceOptions(last());
}

/** Coloured strips over time: one for each series. */
export function strips(title: string, unit: string, at: ThresholdsConfigBuilder, query: Query): StateTimeline {
  return new StateTimeline()
    .title(title)
    .datasource(prometheus)
    .withTarget(range(query, 0))
    .unit(unit)
    .span(24)
    .height(8)
    .thresholds(at)
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.Hidden)
        .placement(LegendPlacement.Bottom),
    );
}

/** A column of a table: what it is called, what it measures and from where on it is coloured. */
export interface Column {
  title: string;
  unit: string;
  expr: string;
  at?: ThresholdsConfigBuilder;
}

/**
 * A table with one row per combination of labels and one column per query.
 * @param labels label -> column title; the queries must give these labels and no others
 */
export function table(title: string, unit: string, labels: Record<string, string>, ...columns: Column[]): Table {
  const value = (index: number) => (columns.length === 1 ? "Value" : `Value #${letter(index)}`);
  const panel = new Table()
    .title(title)
    .datasource(prometheus)
    .targets(columns.map(({ expr }, index) => instant({ expr, legend: "" }, index).format(PromQueryFormat.Table)))
    .unit(unit)
    .span(24)
    .height(8)
    .thresholds(neutral())
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: { Time: true },
        renameByName: {
          ...labels,
          ...Object.fromEntries(columns.map((column, index) => [value(index), column.title])),
        },
        indexByName: Object.fromEntries(
          [...Object.keys(labels), ...columns.map((_, index) => value(index))].map((name, at) => [name, at]),
        ),
      },
    });
  for (const column of columns) {
    const coloured =
      column.at === undefined
        ? []
        : [
            { id: "thresholds", value: column.at.build() },
            { id: "custom.cellOptions", value: { type: "color-text" } },
          ];
    panel.overrideByName(column.title, [{ id: "unit", value: column.unit }, ...coloured]);
  }
  return panel;
}

/** Bars of LogQL counts over time. */
export function logVolume(title: string, unit: string, ...queries: Query[]): TimeSeries {
  const targets = queries.map(({ expr, legend }, index) =>
    new LokiQuery().datasource(loki).refId(letter(index)).expr(expr).legendFormat(legend).queryType("range"),
  );
  return stack(title, unit).datasource(loki).targets(targets);
}

/** The lines themselves, newest first. */
export function logLines(title: string, expr: string): Logs {
  return new Logs()
    .title(title)
    .datasource(loki)
    .withTarget(new LokiQuery().datasource(loki).refId("A").expr(expr).queryType("range").maxLines(1000))
    .unit("none")
    .span(24)
    .height(20)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending);
}
