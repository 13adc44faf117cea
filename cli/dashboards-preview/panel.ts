import type { Answer } from "./ask";
import type { Panel } from "./board";
import { bars, type Named, strips, timeSeries, type Window } from "./chart";
import { markup, seriesColour, stepColour } from "./colour";
import { tableHtml, tableOf } from "./table";
import { format } from "./units";

/** Grafana's grid: 24 columns, lines of 30 px with 8 px between. */
export const grid = { columns: 24, width: 1536, line: 30, gap: 8 } as const;

export interface Asked {
  refId: string;
  expr: string;
  legend: string;
  answer: Answer;
}

/** What became of a panel's queries. */
export interface Drawn {
  html: string;
  empty: number;
  failed: string[];
}

/** A panel as HTML, drawn inside the size that its place on the grid gives it. */
export function drawPanel(panel: Panel, asked: readonly Asked[], window: Window): Drawn {
  const { w, h } = panel.gridPos;
  const width = (grid.width / grid.columns) * w - grid.gap - 24;
  const height = h * (grid.line + grid.gap) - grid.gap - 40;
  const failed = asked.flatMap(({ answer, expr }) => (answer.error === undefined ? [] : [`${answer.error}: ${expr}`]));
  const empty = asked.filter(({ answer }) => answer.error === undefined && answer.series.length === 0).length;
  const series = asked.flatMap(({ answer, legend }) =>
    answer.series.map((one): Named => ({ ...one, name: nameOf(legend, one.labels) })),
  );
  const inside = (): string => {
    if (failed.length > 0) return `<pre class="failed">${markup(failed.join("\n"))}</pre>`;
    if (asked.length === 0) return `<div class="none">${markup(unasked(panel))}</div>`;
    if (series.length === 0)
      return `<div class="none">${markup(panel.fieldConfig.defaults.noValue ?? "No data")}</div>`;
    return draw(panel, series, asked, window, width, height);
  };
  const place = `grid-column:${panel.gridPos.x + 1}/span ${w};grid-row:${panel.gridPos.y + 1}/span ${h}`;
  const mark =
    failed.length > 0
      ? " bad"
      : series.length === 0 && asked.length > 0 && panel.fieldConfig.defaults.noValue === undefined
        ? " blank"
        : "";
  const queries = asked.map(({ expr }) => expr).join("\n\n");
  const html = `<section class="panel${mark}" style="${place}" title="${markup(queries)}"><h2>${markup(panel.title)}</h2>${inside()}</section>`;
  return { html, empty, failed };
}

function draw(
  panel: Panel,
  series: readonly Named[],
  asked: readonly Asked[],
  window: Window,
  width: number,
  height: number,
): string {
  switch (panel.type) {
    case "stat":
      return stats(panel, series);
    case "bargauge":
      return bars(panel, series, width, height);
    case "state-timeline":
      return strips(panel, series, window, width, height);
    case "table":
      return `<div class="table">${tableHtml(
        tableOf(
          panel,
          asked.map(({ refId, answer }) => ({ refId, series: answer.series })),
        ),
      )}</div>`;
    case "timeseries":
      return timeSeries(panel, series, window, width, height - 22) + legend(series);
    default:
      throw new Error(
        `dashboards-preview: panel "${panel.title}" is a ${panel.type}; wanted a kind that panel.ts draws, or draw it there`,
      );
  }
}

function stats(panel: Panel, series: readonly Named[]): string {
  const { unit, decimals, thresholds } = panel.fieldConfig.defaults;
  const values = series.map(({ name, points }) => {
    const value = points.at(-1)?.[1] ?? Number.NaN;
    const label = series.length > 1 ? `<small>${markup(name)}</small>` : "";
    return `<b style="color:${stepColour(value, thresholds?.steps)}">${markup(format(value, unit, decimals))}${label}</b>`;
  });
  return `<div class="stat" style="--count:${values.length}">${values.join("")}</div>`;
}

function legend(series: readonly Named[]): string {
  const items = series.map(
    ({ name }, index) => `<span><i style="background:${seriesColour(index)}"></i>${markup(name)}</span>`,
  );
  return `<div class="legend">${items.join("")}</div>`;
}

/** The legend's format with the labels filled in; without a format, the series as Prometheus writes it. */
function nameOf(legend: string, labels: Record<string, string>): string {
  if (legend !== "") return legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? "").trim();
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name || "value" : `${name}{${pairs.join(", ")}}`;
}

function unasked(panel: Panel): string {
  return `Not drawn: it asks Loki.\n${panel.targets.map(({ expr }) => expr).join("\n")}`;
}
