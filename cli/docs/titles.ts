import { load } from "js-yaml";
import ts from "typescript";
import { literally } from "./ran";

/**
 * Titles of the tests that a file of tests really has: what is commented out, skipped or only mentioned is none of them.
 * A title that is made of parts has `${...}` in it where the parts go.
 */
export function testTitles(file: string, text: string): string[] {
  if (file.endsWith(".ts")) return titlesOfJest(text);
  if (file.endsWith(".nix")) return sentences(text, /^[^#\n]*?\b(?:same|holds|refused)\s+"((?:[^"\\]|\\.)*)"/gm);
  if (file.endsWith(".sh")) return sentences(text, /^[^#\n]*?\b(?:holds|judge)\s+"((?:[^"\\]|\\.)*)"/gm);
  if (file.endsWith(".json")) return titlesOfTable(JSON.parse(text));
  if (file.endsWith(".yaml")) return titlesOfPromtool(load(text) as PromtoolTests);
  return [];
}

/** Whether one of the titles says these words; parts of a title must be among the texts of its file. */
export function hasTitle(titles: readonly string[], words: string, text: string): boolean {
  return titles.some((title) => {
    if (title.includes(words)) return true;
    if (!title.includes("${")) return false;
    const fixed = title.split(/\$\{[^}]*\}/).map(literally);
    const parts = new RegExp(`^${fixed.join("(.+?)")}$`).exec(words)?.slice(1);
    return parts?.every((part) => new RegExp(`(^|[\\s"])${part}["\\s;]`, "m").test(text)) ?? false;
  });
}

function sentences(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, title = ""]) => title.replace(/\\(.)/g, "$1"));
}

/** Titles of `test`, `it` and of each `describe` that has one inside, tables (`.each`) included, without what is skipped. */
function titlesOfJest(text: string): string[] {
  const source = ts.createSourceFile("a.test.ts", text, ts.ScriptTarget.Latest);
  const titlesIn = (node: ts.Node): string[] => {
    const inside = (): string[] => {
      const found: string[] = [];
      ts.forEachChild(node, (child) => void found.push(...titlesIn(child)));
      return found;
    };
    if (!ts.isCallExpression(node)) return inside();
    const called = calledName(node.expression);
    if (/^(test|it|describe)\b.*\.(skip|todo)\b/.test(called) || /^x(test|it|describe)\b/.test(called)) return [];
    const kind = /^(test|it|describe)(\.only|\.each)*$/.exec(called)?.[1];
    const [title] = node.arguments;
    // `test.each(table)` is called once more, with the title
    if (kind === undefined || title === undefined || !isTitle(title)) return inside();
    const own = title
      .getText(source)
      .slice(1, -1)
      .replace(/\\(['"`\\])/g, "$1");
    const below = inside();
    return kind === "describe" && below.length === 0 ? [] : [own, ...below];
  };
  return titlesIn(source);

  function calledName(callee: ts.Expression): string {
    if (ts.isIdentifier(callee)) return callee.text;
    if (ts.isPropertyAccessExpression(callee)) return `${calledName(callee.expression)}.${callee.name.text}`;
    if (ts.isCallExpression(callee)) return calledName(callee.expression);
    return "";
  }
}

const isTitle = (node: ts.Node): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

/** Each `name` of a table of cases. */
function titlesOfTable(table: unknown): string[] {
  if (Array.isArray(table)) return table.flatMap(titlesOfTable);
  if (table === null || typeof table !== "object") return [];
  return Object.entries(table).flatMap(([key, value]) =>
    key === "name" && typeof value === "string" ? [value] : titlesOfTable(value),
  );
}

interface PromtoolTests {
  tests?: { name?: string; alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[] }[];
}

/** Names of promtool's tests that ask for the alert that they are named after, and get it where they say that it fires. */
function titlesOfPromtool({ tests = [] }: PromtoolTests): string[] {
  return tests.flatMap(({ name = "", alert_rule_test: asked = [] }) => {
    const [, alert, does] = /^(\w+) (fires|is silent)/.exec(name) ?? [];
    const about = asked.filter(({ alertname }) => alertname === alert);
    const holds = about.some(({ exp_alerts: got }) => (got ?? []).length > 0 === (does === "fires"));
    return holds ? [name] : [];
  });
}
