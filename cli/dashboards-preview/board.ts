import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/** What the preview reads of a dashboard's JSON. */
export interface Board {
  uid: string;
  title: string;
  description: string;
  panels: Panel[];
  variables: Variable[];
}

export interface Panel {
  title: string;
  description?: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  options?: { reduceOptions?: { calcs?: string[] } };
  fieldConfig: {
    defaults: Field & { custom?: { stacking?: { mode?: string }; thresholdsStyle?: { mode?: string } } };
    overrides: { matcher: { options: string }; properties: { id: string; value: unknown }[] }[];
  };
  targets: Target[];
  transformations: { id: string; options: Organize }[];
}

/** How a value is shown. */
export interface Field {
  unit?: string;
  decimals?: number;
  min?: number;
  max?: number;
  noValue?: string;
  thresholds?: { steps: Step[] };
}

/** From `value` on (null: from the very bottom), this colour. */
export interface Step {
  value: number | null;
  color: string;
}

export interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
  instant?: boolean;
  datasource: { type: string };
}

export interface Organize {
  renameByName?: Record<string, string>;
  indexByName?: Record<string, number>;
  excludeByName?: Record<string, boolean>;
}

export interface Variable {
  name: string;
  label: string;
  /** The PromQL of `label_values(SELECTOR, LABEL)`; undefined for what Prometheus does not know. */
  values: { selector: string; label: string } | undefined;
  multi: boolean;
  /** What "All" stands for where it is not the list of values. */
  allValue: string | undefined;
}

interface VariableJson {
  name: string;
  label?: string;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  query?: unknown;
}

/** A dashboard as Grafana reads it: after a round trip through JSON. */
export function readBoard(dashboard: Dashboard): Board {
  const json = JSON.parse(JSON.stringify(dashboard)) as {
    uid: string;
    title: string;
    description?: string;
    panels?: Partial<Panel>[];
    templating?: { list?: VariableJson[] };
  };
  return {
    uid: json.uid,
    title: json.title,
    description: json.description ?? "",
    panels: (json.panels ?? []).map(readPanel),
    variables: (json.templating?.list ?? []).map(readVariable),
  };
}

function readPanel(panel: Partial<Panel>): Panel {
  return {
    title: "",
    type: "row",
    gridPos: { x: 0, y: 0, w: 24, h: 1 },
    targets: [],
    transformations: [],
    ...panel,
    fieldConfig: { defaults: panel.fieldConfig?.defaults ?? {}, overrides: panel.fieldConfig?.overrides ?? [] },
  };
}

function readVariable({ name, label, multi, includeAll, allValue, query }: VariableJson): Variable {
  const text = typeof query === "object" && query !== null && "query" in query ? String(query.query) : "";
  const [, selector, of] = /^label_values\((.+), (\w+)\)$/s.exec(text) ?? [];
  return {
    name,
    label: label ?? name,
    values: selector === undefined || of === undefined ? undefined : { selector, label: of },
    multi: (multi ?? false) || (includeAll ?? false),
    allValue: allValue ?? undefined,
  };
}
