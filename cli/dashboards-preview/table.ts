import type { Series } from "./ask";
import type { Field, Panel, Step } from "./board";
import { markup, stepColour } from "./colour";
import { format } from "./units";

interface Cell {
  text: string;
  colour: string | undefined;
}

/** A table as Grafana's transformations `merge` and `organize` make it: one row per combination of labels, one column per query. */
export function tableOf(panel: Panel, answers: readonly { refId: string; series: readonly Series[] }[]) {
  const organize = panel.transformations.find(({ id }) => id === "organize")?.options ?? {};
  const value = (refId: string) => (answers.length === 1 ? "Value" : `Value #${refId}`);
  const rows = new Map<string, Record<string, string | number>>();
  for (const { refId, series } of answers) {
    for (const { labels, points } of series) {
      const { __name__: _, ...own } = labels;
      const key = JSON.stringify(Object.entries(own).sort());
      const row = rows.get(key) ?? { ...own };
      row[value(refId)] = points.at(-1)?.[1] ?? Number.NaN;
      rows.set(key, row);
    }
  }
  const order = (name: string) => organize.indexByName?.[name] ?? Number.MAX_SAFE_INTEGER;
  const names = [
    ...new Set([
      ...Object.keys(organize.renameByName ?? {}).filter((name) => rows.size > 0 && name !== ""),
      ...[...rows.values()].flatMap((row) => Object.keys(row)),
    ]),
  ]
    .filter((name) => !organize.excludeByName?.[name])
    .sort((a, b) => order(a) - order(b));
  const titles = names.map((name) => organize.renameByName?.[name] ?? name);
  const body = [...rows.values()].map((row) =>
    names.map((name, index) => cell(row[name], fieldOf(panel, titles[index] ?? name))),
  );
  return { titles, body: body.sort((a, b) => (a[0]?.text ?? "").localeCompare(b[0]?.text ?? "")) };
}

function cell(value: string | number | undefined, { field, coloured }: { field: Field; coloured: boolean }): Cell {
  if (value === undefined) return { text: "", colour: undefined };
  if (typeof value === "string") return { text: value, colour: undefined };
  const colour = coloured ? stepColour(value, field.thresholds?.steps) : undefined;
  return { text: format(value, field.unit, field.decimals), colour };
}

/** The panel's own settings with what is overridden for one column. */
function fieldOf(panel: Panel, title: string): { field: Field; coloured: boolean } {
  const field: Field = { ...panel.fieldConfig.defaults };
  let coloured = false;
  for (const { matcher, properties } of panel.fieldConfig.overrides) {
    if (matcher.options !== title) continue;
    for (const { id, value } of properties) {
      if (id === "unit") field.unit = String(value);
      if (id === "thresholds") field.thresholds = value as { steps: Step[] };
      if (id === "custom.cellOptions") coloured = true;
    }
  }
  return { field, coloured };
}

export function tableHtml({ titles, body }: ReturnType<typeof tableOf>): string {
  const head = titles.map((title) => `<th>${markup(title)}</th>`).join("");
  const rows = body.map((row) => {
    const cells = row.map(({ text, colour }) => `<td${colour ? ` style="color:${colour}"` : ""}>${markup(text)}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
