import type { HostChange } from "./compare";
import { type Kind, kinds } from "./facts";
import type { Violation } from "./guard";

export interface Report {
  stack: string;
  /** What it was compared with, in words. */
  against: string;
  hosts: HostChange[];
  violations: Violation[];
  warnings: string[];
}

const titles: Record<Kind, string> = {
  machine: "machine",
  job: "jobs",
  rule: "rules",
  route: "routes",
  site: "sites",
  secret: "secrets",
  setting: "settings",
};

/** First line of what is printed about a stack, also of a refusal; `cli/preview/base.ts` knows one by it. */
export const reportTitle = (stack: string): string => `### nixmon preview: stack \`${stack}\``;

/** The report as a comment on a pull request, whole. */
export function markdown(report: Report): string {
  const changed = report.hosts.filter(({ state }) => state !== "same");
  const same = report.hosts.length - changed.length;
  const lines = [reportTitle(report.stack), "", `Compared with ${report.against}.`, ""];
  for (const { policy, level, message } of report.violations) {
    lines.push(`- ${level === "mandatory" ? "**refused**" : "advice"} (\`${policy}\`): ${plain(message)}`);
  }
  for (const warning of report.warnings) lines.push(`- warning: ${plain(warning)}`);
  if (report.violations.length + report.warnings.length > 0) lines.push("");
  if (changed.length === 0) lines.push(`No host changes (${same} looked at).`);
  else
    lines.push(
      ...table(changed),
      "",
      ...(same > 0 ? [`${same} other ${same === 1 ? "host" : "hosts"} unchanged.`, ""] : []),
    );
  lines.push(...changed.flatMap(details));
  return `${lines.join("\n").trimEnd()}\n`;
}

function table(hosts: HostChange[]): string[] {
  const used = kinds.filter((kind) => hosts.some(({ changes }) => changes.some((change) => change.kind === kind)));
  const head = ["host", "", ...used.map((kind) => titles[kind])];
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const rows = hosts.map((host) => row([`\`${host.host}\``, host.state, ...used.map((kind) => counts(host, kind))]));
  return [row(head), row(head.map(() => "---")), ...rows];
}

/** `+1 ~2 -3`: new, changed, gone. */
function counts({ changes }: HostChange, kind: Kind): string {
  const own = changes.filter((change) => change.kind === kind);
  const fresh = own.filter(({ before }) => before === undefined).length;
  const gone = own.filter(({ after }) => after === undefined).length;
  const parts = [[fresh, "+"] as const, [own.length - fresh - gone, "~"] as const, [gone, "-"] as const];
  return parts.flatMap(([count, sign]) => (count > 0 ? [`${sign}${count}`] : [])).join(" ");
}

function details({ host, state, changes: all }: HostChange): string[] {
  // of a new host everything is new: its settings are the defaults that others have too
  const changes = state === "new" ? all.filter(({ kind }) => kind !== "setting") : all;
  if (changes.length === 0) return [];
  const lines = kinds.flatMap((kind) => {
    const own = changes.filter((change) => change.kind === kind);
    return own.length === 0 ? [] : [`  ${titles[kind]}`, ...own.flatMap(shown)];
  });
  // longer than any run of backticks inside
  const fence = "`".repeat(Math.max(3, ...lines.map((line) => longestRun(line) + 1)));
  return [
    `<details><summary><code>${host}</code> (${state})</summary>`,
    "",
    `${fence}diff`,
    ...lines,
    fence,
    "",
    "</details>",
    "",
  ];
}

function shown({ name, before, after }: HostChange["changes"][number]): string[] {
  if (before === undefined) return [`+ ${name}: ${cut(after ?? "")}`];
  if (after === undefined) return [`- ${name}: ${cut(before)}`];
  return [`- ${name}: ${cut(before)}`, `+ ${name}: ${cut(after)}`];
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)} ... (${text.length} characters)` : text;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** A message is text, whatever of the configuration is quoted in it. */
function plain(text: string): string {
  return text.replace(/[<>|@]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[`*_[\]]/g, "\\$&");
}
