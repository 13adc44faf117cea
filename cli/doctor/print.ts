import { styleText } from "node:util";
import type { Diagnosis } from "./judge/judge";
import type { Judged } from "./result";

export interface PrintOptions {
  stack: string;
  json: boolean;
  terminal: boolean;
  /** How long it took. */
  seconds: number;
}

/** One exit code has one byte, and shells use those above 125. */
const mostFindings = 100;

/** The number of findings that no other one explains, at most 100. */
export function exitCode({ results }: Diagnosis): number {
  return Math.min(mostFindings, results.filter(isCause).length);
}

function isCause({ finding, explainedBy }: Judged): boolean {
  return finding !== undefined && explainedBy === undefined;
}

export function printed(diagnosis: Diagnosis, options: PrintOptions): string {
  return options.json ? asJson(diagnosis, options) : asTable(diagnosis, options);
}

/** Every check in it; a finding that another one explains names that one's key. */
function asJson({ results, notes }: Diagnosis, { stack }: PrintOptions): string {
  const checks = results.map(({ key, host, what, finding, explainedBy }) => {
    if (finding === undefined) return { key, host, what, ok: true };
    const { found, wanted, why, type } = finding;
    return {
      key,
      host,
      what,
      ok: false,
      found,
      wanted,
      why,
      type,
      ...(explainedBy === undefined ? {} : { explainedBy }),
    };
  });
  const findings = results.filter(isCause).length;
  return `${JSON.stringify({ stack, findings, checks, notes }, undefined, 2)}\n`;
}

type Format = Parameters<typeof styleText>[0];

/** A table of hosts, then each finding with its reason and what to type. */
function asTable({ results, notes }: Diagnosis, { stack, terminal, seconds }: PrintOptions): string {
  const paint = (format: Format, text: string) => (terminal ? styleText(format, text) : text);
  const causes = results.filter(isCause);
  const hosts = [...new Set(results.map(({ host }) => host))].sort();
  const wide = Math.max(4, ...hosts.map((host) => host.length));
  const rows = hosts.map((host) => {
    const own = results.filter((result) => result.host === host);
    const bad = own.filter(isCause).length;
    const good = own.filter(({ finding }) => finding === undefined).length;
    const state = bad === 0 ? paint("green", "well") : paint("red", `${bad} wrong`);
    return `${host.padEnd(wide)}  ${String(good).padStart(6)}  ${state}`;
  });
  const findings = causes.flatMap(({ host, what, finding }) => {
    if (finding === undefined) return [];
    const { found, wanted, why, type } = finding;
    return [
      "",
      paint("bold", `${host}: ${what}`),
      `  found   ${paint("red", found)}`,
      `  wanted  ${wanted}`,
      `  why     ${why}`,
      ...type.map((line, index) => `  ${index === 0 ? "type" : "    "}    ${paint("cyan", line)}`),
    ];
  });
  const more = notes.map(({ host, text }) => `note: ${host}: ${text}`);
  const good = results.filter(({ finding }) => finding === undefined).length;
  const summary = `stack ${stack}: ${good} checks hold, ${causes.length === 0 ? "nothing is wrong" : `${causes.length} wrong`} (${seconds.toFixed(1)} s)`;
  return `${[`${"host".padEnd(wide)}   holds  state`, ...rows, ...findings, ...(more.length > 0 ? ["", ...more] : []), "", summary].join("\n")}\n`;
}
