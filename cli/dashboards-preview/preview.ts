import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboards } from "../../dashboards";
import { type Ask, instantPath, rangePath } from "./ask";
import { type Board, type Panel, readBoard, type Target } from "./board";
import type { Window } from "./chart";
import { markup } from "./colour";
import { boardPage, indexPage, type Summary } from "./page";
import { type Asked, drawPanel } from "./panel";
import { type Chosen, choose, interpolate } from "./variables";

export interface PreviewRequest {
  ask: Ask;
  /** What the pages say of where their numbers come from. */
  source: string;
  folder: string;
  /** Seconds that the pictures go back. */
  range: number;
  /** Unix time at their right end. */
  now: number;
}

/** Points that a line has at most; Prometheus is scraped each 15 s, so a finer step would only repeat. */
const pointsWanted = 240;
const finestStep = 15;

interface Sheet {
  file: string;
  board: Board;
  chosen: Chosen[];
}

/** Draws every dashboard from what Prometheus says now: one page each and an index. */
export async function preview(request: PreviewRequest): Promise<Summary[]> {
  const { range, now, folder, source } = request;
  const step = Math.max(finestStep, Math.ceil(range / pointsWanted));
  const window: Window = { start: now - range, end: now, step };
  const about = `${source}, ${new Date(now * 1000).toISOString()}, the last ${Math.round(range / 60)} minutes. Drawn by nixmon, not by Grafana.`;
  const sheets = Object.entries(dashboards()).map(
    ([file, dashboard]): Sheet => ({
      file: file.replace(/\.json$/, ".html"),
      board: readBoard(dashboard),
      chosen: [],
    }),
  );
  await chooseAll(sheets, request);
  const asked = await askAll(sheets, window, request.ask);
  const all = sheets.map(({ file, board }) => ({ file, title: board.title }));
  mkdirSync(folder, { recursive: true });
  const summaries = sheets.map(({ file, board, chosen }, at): Summary => {
    const own = asked[at] ?? [];
    const drawn = board.panels.map((panel, index) => ({ panel, ...drawOne(panel, own[index] ?? [], window) }));
    const panels = drawn.map(({ html }) => html);
    writeFileSync(join(folder, file), boardPage(board, panels, chosen, about, all));
    return {
      file,
      title: board.title,
      description: board.description,
      panels: board.panels.filter(({ type }) => type !== "row").length,
      queries: own.flat().length,
      empty: drawn.reduce((sum, { empty }) => sum + empty, 0),
      failed: drawn.flatMap(({ panel, failed }) => failed.map((text) => `${panel.title}: ${text}`)),
    };
  });
  writeFileSync(join(folder, "index.html"), indexPage(summaries, about));
  return summaries;
}

function drawOne(panel: Panel, asked: readonly Asked[], window: Window) {
  if (panel.type !== "row") return drawPanel(panel, asked, window);
  const place = `grid-column:1/-1;grid-row:${panel.gridPos.y + 1}`;
  return { html: `<div class="row" style="${place}">${markup(panel.title)}</div>`, empty: 0, failed: [] };
}

/** The first variable of every dashboard, then the second, and so on: a variable may ask by those before it. */
async function chooseAll(sheets: readonly Sheet[], { ask, now }: PreviewRequest): Promise<void> {
  const rounds = Math.max(...sheets.map(({ board }) => board.variables.length));
  for (let round = 0; round < rounds; round++) {
    const here = sheets.flatMap((sheet) => {
      const variable = sheet.board.variables[round];
      return variable === undefined ? [] : [{ sheet, variable }];
    });
    const paths = here.flatMap(({ sheet, variable: { values } }) => {
      if (values === undefined) return [];
      const selector = interpolate(values.selector, sheet.chosen, finestStep, 3600);
      return [instantPath(`group by (${values.label}) (${selector})`, now)];
    });
    const answers = await ask(paths);
    let at = 0;
    for (const { sheet, variable } of here) {
      const label = variable.values?.label;
      const found =
        label === undefined ? [] : (answers[at++]?.series ?? []).flatMap(({ labels }) => labels[label] ?? []);
      sheet.chosen.push(choose(variable, found.sort()));
    }
  }
}

/** Every PromQL query of every dashboard at once; answers by dashboard and panel. */
async function askAll(sheets: readonly Sheet[], window: Window, ask: Ask): Promise<Asked[][][]> {
  const mine = ({ datasource }: Target) => datasource.type === "prometheus";
  const wanted = sheets.map(({ board, chosen }) =>
    board.panels.map((panel) =>
      panel.targets.filter(mine).map(({ refId, expr, legendFormat = "", instant }) => {
        const filled = interpolate(expr, chosen, window.step, window.end - window.start);
        const path = instant
          ? instantPath(filled, window.end)
          : rangePath(filled, window.start, window.end, window.step);
        return { refId, expr: filled, legend: legendFormat, path };
      }),
    ),
  );
  const answers = await ask(wanted.flat(2).map(({ path }) => path));
  let at = 0;
  return wanted.map((panels) =>
    panels.map((targets) =>
      targets.map(({ refId, expr, legend }) => ({
        refId,
        expr,
        legend,
        answer: answers[at++] ?? { series: [], error: "not asked" },
      })),
    ),
  );
}
