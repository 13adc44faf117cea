import { durationForm, durationMs } from "./duration";
import { expectedJobsFile } from "./prometheus";
import { longestJudged, parsePromql } from "./promql";
import { isObject, withoutScope } from "./rules";
import type { Json, JsonObject, Problem } from "./types";

/** What Prometheus knows; it refuses a file with any other key. */
const fileKeys = ["groups"];
const groupKeys = ["name", "interval", "query_offset", "limit", "labels", "rules"];
const ruleKeys = ["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"];

/** What a recording rule has no use for. */
const alertKeys = ["for", "keep_firing_for", "annotations"];

/**
 * What Prometheus would refuse in rendered rule files. It would be told by the primary's build, when other hosts have been changed already.
 * What an expression means (`rate` of no range, say) and most of what a template can have wrong is left to promtool.
 * @param files by name; anything may be in them
 * @param accepted whether Prometheus is known to take a file with this content; default: not known
 */
export function ruleProblems(
  files: Readonly<Record<string, Json>>,
  accepted: (content: Json) => boolean = () => false,
): Problem[] {
  return Object.entries(files).flatMap(([file, content]) =>
    fileProblems(file, content, accepted).map(({ key, ...problem }) => ({
      key: `alerts/${file}${key === "" ? "" : `: ${key}`}`,
      ...problem,
    })),
  );
}

function fileProblems(file: string, content: Json, accepted: (content: Json) => boolean): Problem[] {
  if (file === expectedJobsFile) {
    return [{ key: "", got: "a file of the name that the plan's own rules have", want: "another name" }];
  }
  if (accepted(content)) return [];
  const groups = isObject(content) ? content.groups : undefined;
  if (!isObject(content) || !Array.isArray(groups)) {
    const got = isObject(content) ? `\`groups\` with ${shown(groups)}` : shown(content);
    return [{ key: "", got, want: "`groups:` and below it a list of groups of rules" }];
  }
  const names = groups.map((group) => (isObject(group) ? group.name : undefined));
  const repeated = names.flatMap((name, index) => {
    if (typeof name !== "string" || names.indexOf(name) === index) return [];
    return [{ key: `groups[${index}].name`, got: `${shown(name)} a second time`, want: "another name" }];
  });
  return [
    ...unknownKeys(content, fileKeys, ""),
    ...repeated,
    ...groups.flatMap((group, index) => groupProblems(group, `groups[${index}]`)),
  ];
}

function groupProblems(group: Json, place: string): Problem[] {
  if (!isObject(group)) return [{ key: place, got: shown(group), want: "a group: `name` and `rules`" }];
  const { name, limit, rules } = group;
  const problems = unknownKeys(group, groupKeys, `${place}.`);
  if (typeof name !== "string" || name === "")
    problems.push({ key: `${place}.name`, got: shown(name), want: "the group's name" });
  if (limit !== undefined && !Number.isInteger(limit))
    problems.push({ key: `${place}.limit`, got: shown(limit), want: "a whole number" });
  problems.push(
    ...["interval", "query_offset"].flatMap((key) => durationProblems(group[key], `${place}.${key}`)),
    ...textProblems(group.labels, `${place}.labels`),
  );
  if (!Array.isArray(rules))
    return [...problems, { key: `${place}.rules`, got: shown(rules), want: "a list of rules" }];
  return [...problems, ...rulesProblems(rules, place)];
}

/** Overrides make several rules of one, with the same labels: what is wrong with that one is told once. */
function rulesProblems(rules: readonly Json[], place: string): Problem[] {
  const told = new Set<string>();
  return rules.flatMap((rule, index) => {
    const of = isObject(rule) ? JSON.stringify([rule.alert, rule.record, rule.labels]) : `${index}`;
    if (told.has(of)) return [];
    const problems = singleProblems(rule, `${place}.rules[${index}]`);
    if (problems.length > 0) told.add(of);
    return problems;
  });
}

function singleProblems(rule: Json, place: string): Problem[] {
  const want = "either `alert` or `record`, and `expr`";
  if (!isObject(rule)) return [{ key: place, got: shown(rule), want: `a rule: ${want}` }];
  const { alert, record, expr } = rule;
  if ((alert === undefined) === (record === undefined))
    return [
      { key: place, got: alert === undefined ? "neither `alert` nor `record`" : "both `alert` and `record`", want },
    ];
  const name = alert ?? record;
  if (typeof name !== "string" || name === "" || (alert === undefined && /[{}]/.test(name))) {
    const key = `${place}.${alert === undefined ? "record" : "alert"}`;
    return [{ key, got: shown(name), want: alert === undefined ? "the name of a metric" : "the alert's name" }];
  }
  const useless = alert === undefined ? alertKeys.filter((key) => !absent(rule[key])) : [];
  return [
    ...unknownKeys(rule, ruleKeys, `${name}.`),
    ...useless.map((key) => ({ key: `${name}.${key}`, got: shown(rule[key]), want: "nothing: only alerts have it" })),
    ...expressionProblems(expr, `${name}.expr`),
    ...["for", "keep_firing_for"].flatMap((key) => durationProblems(rule[key], `${name}.${key}`)),
    ...textProblems(rule.labels, `${name}.labels`),
    ...textProblems(rule.annotations, `${name}.annotations`),
  ];
}

function expressionProblems(expr: Json | undefined, key: string): Problem[] {
  if (typeof expr !== "string" || expr.trim() === "") return [{ key, got: shown(expr), want: "a PromQL expression" }];
  const own = withoutScope(expr);
  // a threshold that is not known has been told of already
  if (/\$\{[A-Za-z_]\w*\}/.test(own) || own.length >= longestJudged) return [];
  const [error] = parsePromql(own).errors;
  return error === undefined ? [] : [{ key, got: `a mistake at ${shown(error)}`, want: "a PromQL expression" }];
}

function durationProblems(value: Json | undefined, key: string): Problem[] {
  if (absent(value) || value === 0 || value === "0") return [];
  if (typeof value === "string" && durationMs(value) !== undefined) return [];
  return [{ key, got: shown(value), want: `0 or ${durationForm}` }];
}

/** Labels or annotations. */
function textProblems(texts: Json | undefined, key: string): Problem[] {
  if (absent(texts)) return [];
  if (!isObject(texts)) return [{ key, got: shown(texts), want: "names with a text each" }];
  return Object.entries(texts).flatMap(([name, text]) => {
    const at = `${key}.${name}`;
    if (name === "" || name === "__name__") return [{ key: at, got: shown(name), want: "another name" }];
    if (typeof text !== "string") return [{ key: at, got: shown(text), want: "a text, in quotes" }];
    return isClosed(text) ? [] : [{ key: at, got: shown(text), want: "`}}` for each `{{`" }];
  });
}

/** An action of a template; comments, and strings of three kinds, may hold braces of their own. */
const action = /\{\{(?:\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|(?!\}\})[^"'`])*\}\}/g;

function isClosed(text: string): boolean {
  return !text.replace(action, "").includes("{{");
}

/** YAML writes an empty value as null. */
function absent(value: Json | undefined): value is undefined | null {
  return value === undefined || value === null;
}

function unknownKeys(object: JsonObject, known: readonly string[], prefix: string): Problem[] {
  const unknown = Object.keys(object).filter((key) => !known.includes(key));
  return unknown.map((key) => ({ key: `${prefix}${key}`, got: "an unknown key", want: `one of ${known.join(", ")}` }));
}

function shown(value: Json | undefined): string {
  if (absent(value)) return "nothing";
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}
