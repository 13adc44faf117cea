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

/** Draws every dashboard from what Prometheus says now: one page each and an index. */
export async function preview(request: PreviewRequest): Promise<Summary[]> {
  const { range, now, folder, source } = request;
  const step = Math.max(finestStep, Math.ceil(range / pointsWanted));
  const window: Window = { start: now - range, end: now, step };
  const about = `${source}, ${new Date(now * 1000).toISOString()}, the last ${Math.round(range / 60)} minutes. Drawn by nixmon, not by Grafana.`;
  const boards = Object.entries(dashboards()).map(([file, dashboard]) => ({
    file: file.replace(/\.json$/, ".html"),
    board: readBoard(dashboard),
  }));
  const all = boards.map(({ file, board }) => ({ file, title: board.title }));
  mkdirSync(folder, { recursive: true });
  const summaries: Summary[] = [];
  for (const { file, board } of boards) {
    const chosen = await chooseAll(board, request);
    const asked = await askAll(board, chosen, window, request.ask);
    const drawn = board.panels.map((panel, index) => ({ panel, ...drawOne(panel, asked[index] ?? [], window) }));
    const panels = drawn.map(({ html }) => html);
    writeFileSync(join(folder, file), boardPage(board, panels, chosen, about, all));
    summaries.push({
      file,
      title: board.title,
      description: board.description,
      panels: board.panels.filter(({ type }) => type !== "row").length,
      queries: asked.flat().length,
      empty: drawn.reduce((sum, { empty }) => sum + empty, 0),
      failed: drawn.flatMap(({ panel, failed }) => failed.map((text) => `${panel.title}: ${text}`)),
    });
  }
  writeFileSync(join(folder, "index.html"), indexPage(summaries, about));
  return summaries;
}

function drawOne(panel: Panel, asked: readonly Asked[], window: Window) {
  if (panel.type !== "row") return drawPanel(panel, asked, window);
  const place = `grid-column:1/-1;grid-row:${panel.gridPos.y + 1}`;
  return { html: `<div class="row" style="${place}">${markup(panel.title)}</div>`, empty: 0, failed: [] };
}

/** One after another, since a variable may ask by those before it. */
async function chooseAll(board: Board, { ask, now }: PreviewRequest): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  for (const variable of board.variables) {
    if (variable.values === undefined) {
      chosen.push(choose(variable, []));
      continue;
    }
    const { selector, label } = variable.values;
    const expr = `group by (${label}) (${interpolate(selector, chosen, finestStep)})`;
    const [answer] = await ask([instantPath(expr, now)]);
    const values = (answer?.series ?? []).flatMap(({ labels }) => labels[label] ?? []);
    chosen.push(choose(variable, values.sort()));
  }
  return chosen;
}

/** Every PromQL query of a dashboard at once; answers by panel. */
async function askAll(board: Board, chosen: readonly Chosen[], window: Window, ask: Ask): Promise<Asked[][]> {
  const mine = ({ datasource }: Target) => datasource.type === "prometheus";
  const wanted = board.panels.map((panel) =>
    panel.targets.filter(mine).map(({ refId, expr, legendFormat = "", instant }) => {
      const filled = interpolate(expr, chosen, window.step);
      const path = instant ? instantPath(filled, window.end) : rangePath(filled, window.start, window.end, window.step);
      return { refId, expr: filled, legend: legendFormat, path };
    }),
  );
  const answers = await ask(wanted.flat().map(({ path }) => path));
  let at = 0;
  return wanted.map((targets) =>
    targets.map(({ refId, expr, legend }) => ({
      refId,
      expr,
      legend,
      answer: answers[at++] ?? { series: [], error: "not asked" },
    })),
  );
}
