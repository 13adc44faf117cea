import { dashboards } from "../../../dashboards";

export interface Panel {
  id: number;
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string; thresholds?: { steps: unknown[] } } };
  targets?: { expr: string; refId: string; datasource: { type: string; uid: string } }[];
}

export interface Board {
  file: string;
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { name: string; type: string; query?: unknown; multi?: boolean; includeAll?: boolean }[] };
}

/** The dashboards as Grafana will read them: after a round trip through JSON. */
export function boards(): Board[] {
  return Object.entries(dashboards()).map(([file, dashboard]) => ({ file, ...JSON.parse(JSON.stringify(dashboard)) }));
}

/** Panels with queries; rows are only headings. */
export function panelsOf(board: Board): Panel[] {
  return board.panels.filter((panel) => panel.type !== "row");
}

export function queriesOf(board: Board, source: "prometheus" | "loki"): string[] {
  return panelsOf(board)
    .flatMap((panel) => panel.targets ?? [])
    .filter((target) => target.datasource.type === source)
    .map((target) => filledIn(target.expr));
}

/** PromQL inside the `label_values(...)` of variables. */
export function variableSelectors(board: Board): string[] {
  return board.templating.list.flatMap(({ query }) => {
    const text = typeof query === "object" && query !== null && "query" in query ? String(query.query) : "";
    const selector = /^label_values\((.+), \w+\)$/.exec(text)?.[1];
    return selector === undefined ? [] : [filledIn(selector)];
  });
}

/** Grafana's variables, replaced as it would. */
export function filledIn(expr: string): string {
  return expr
    .replaceAll(/\$__(rate_interval|interval|auto|range)\b/g, "5m")
    .replaceAll(/\$(host|site|database|instance|unit|level|severity)\b/g, ".+")
    .replaceAll("$search", "");
}
