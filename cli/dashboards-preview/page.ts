import type { Board } from "./board";
import { markup } from "./colour";
import { grid } from "./panel";
import type { Chosen } from "./variables";

/** What the index and the summary say of one dashboard. */
export interface Summary {
  file: string;
  title: string;
  description: string;
  panels: number;
  queries: number;
  empty: number;
  failed: string[];
}

/** Everything inside one file: the page can be mailed, or kept beside a change. */
const style = `
body{margin:0;background:#111217;color:#ccccdc;font:13px/1.5 Inter,"DejaVu Sans",Arial,sans-serif}
main,header{width:${grid.width}px;margin:0 auto;padding:12px}
h1{font-size:18px;margin:0 0 4px}a{color:#6e9fff;text-decoration:none}nav a{margin-right:14px}
.chosen span{display:inline-block;margin:6px 12px 0 0;padding:2px 8px;background:#22252b;border-radius:2px}
.grid{display:grid;grid-template-columns:repeat(${grid.columns},1fr);grid-auto-rows:${grid.line}px;gap:${grid.gap}px}
.panel{background:#181b1f;border:1px solid #2c3235;border-radius:2px;overflow:hidden;position:relative;padding:4px 11px}
.panel h2{font-size:13px;font-weight:500;margin:2px 0 6px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.row{font-size:15px;font-weight:500;align-self:end}.bad{border-color:#f2495c}.blank{border-color:#ff9830}
.none,.failed{color:#8e8e99;white-space:pre-wrap;padding:12px;text-align:center}.failed{color:#f2495c;text-align:left}
svg{display:block}svg text{fill:#9fa7b3;font-size:11px}.grid line.grid,line.grid{stroke:#2c3235}
.legend{height:22px;overflow:hidden;font-size:11px}.legend span{margin-right:12px}.legend i{display:inline-block;width:14px;height:4px;margin:0 5px 2px 0;border-radius:2px}
.stat{display:flex;justify-content:space-around;align-items:center;height:calc(100% - 34px);gap:8px;flex-wrap:wrap}
.stat b{font-size:calc(30px - 3px*var(--count));font-weight:500;white-space:nowrap}.stat small{display:block;font-size:11px;color:#9fa7b3}
.table{overflow:auto;height:calc(100% - 34px)}table{border-collapse:collapse;width:100%}
th{text-align:left;color:#6e9fff;font-weight:500}th,td{padding:4px 8px;border-bottom:1px solid #22252b;white-space:nowrap}
`;

function page(title: string, header: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${markup(title)}</title><style>${style}</style><header>${header}</header><main>${body}</main></html>\n`;
}

export function boardPage(
  board: Board,
  panels: readonly string[],
  chosen: readonly Chosen[],
  about: string,
  all: readonly { file: string; title: string }[],
): string {
  const nav = all.map(({ file, title }) => `<a href="${markup(file)}">${markup(title)}</a>`).join("");
  const picked = chosen
    .map(({ label, shown }) => `<span>${markup(label)}: ${markup(shown.join(", ") || "-")}</span>`)
    .join("");
  const header = `<h1>${markup(board.title)}</h1><div>${markup(board.description)}</div><small>${markup(about)}</small><nav><a href="index.html">All</a>${nav}</nav><div class="chosen">${picked}</div>`;
  return page(board.title, header, `<div class="grid">${panels.join("")}</div>`);
}

export function indexPage(summaries: readonly Summary[], about: string): string {
  const rows = summaries.map(
    ({ file, title, description, panels, queries, empty, failed }) =>
      `<tr><td><a href="${markup(file)}">${markup(title)}</a></td><td>${markup(description)}</td><td>${panels}</td><td>${queries}</td><td>${empty}</td><td>${failed.length}</td></tr>`,
  );
  const head =
    "<tr><th>Dashboard</th><th>Shows</th><th>Panels</th><th>Queries</th><th>Without data</th><th>Refused</th></tr>";
  const body = `<table><thead>${head}</thead><tbody>${rows.join("")}</tbody></table>`;
  return page("Dashboards", `<h1>Dashboards</h1><small>${markup(about)}</small>`, body);
}
