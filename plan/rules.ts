import { durationMs } from "./duration";
import type { Json, JsonObject, MonitoringOptions, Problem } from "./types";

/** Defaults of the numbers that an alert's `${name}` placeholders take; `alerts/thresholds.yaml`, alert -> name -> value. */
export type Thresholds = Readonly<Record<string, Readonly<Record<string, { readonly value: number }>>>>;

type Override = NonNullable<MonitoringOptions["alerts"]>[string];
type Overrides = Readonly<Record<string, Override>>;

export interface RuleContext {
  /** Rule files as parsed YAML, by file name. */
  files: Record<string, JsonObject>;
  thresholds: Thresholds;
  /** Cluster-wide overrides by alert. */
  cluster: Overrides;
  /** Overrides by host, then by alert. */
  hosts: Readonly<Record<string, Overrides>>;
  /** Where the pages of `docs/runbooks/` are published. Default: their place in the project. */
  runbooks?: string | undefined;
}

export interface RenderedRules {
  files: Record<string, JsonObject>;
  problems: Problem[];
}

interface AlertRule extends JsonObject {
  alert: string;
  expr: string;
}

type Documented = AlertRule & { annotations: JsonObject };

/** Fills in thresholds and per-host overrides. Recording rules pass unchanged, and what is no rule does: `plan/ruleChecks.ts` refuses it. */
export function renderRules(context: RuleContext): RenderedRules {
  const problems: Problem[] = [];
  const byAlert = hostOverridesByAlert(context.hosts);
  const files = Object.fromEntries(
    Object.entries(context.files).map(([file, content]) => {
      const render = (rule: Json) =>
        isAlert(rule) ? renderAlert(rule, file, context, byAlert.get(rule.alert) ?? [], problems) : [rule];
      const group = (one: Json) =>
        isObject(one) && Array.isArray(one.rules) ? { ...one, rules: one.rules.flatMap(render) } : one;
      if (!isObject(content) || !Array.isArray(content.groups)) return [file, content];
      return [file, { ...content, groups: content.groups.map(group) }];
    }),
  );
  return { files, problems };
}

/** The page that says what an alert means and what to do: one per alert, named like it. */
export function runbookUrl(alert: string, base = "docs/runbooks"): string {
  return `${base.replace(/\/+$/, "")}/${encodeURIComponent(alert)}.md`;
}

/** Names of all alerts in some rule files. */
export function alertNames(files: Record<string, JsonObject>): Set<string> {
  const rules = Object.values(files)
    .filter(isObject)
    .flatMap((file) => objects(file.groups).flatMap((group) => objects(group.rules)));
  return new Set(rules.flatMap(({ alert }) => (typeof alert === "string" ? [alert] : [])));
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Whether there is all that is filled in; a rule that lacks it passes unchanged. */
function isAlert(rule: Json): rule is AlertRule {
  if (!isObject(rule) || typeof rule.alert !== "string" || typeof rule.expr !== "string") return false;
  return (rule.annotations ?? null) === null || isObject(rule.annotations);
}

/** Threshold name -> default value of one alert. */
export function defaultThresholds(thresholds: Thresholds, alert: string): Record<string, number> {
  return Object.fromEntries(Object.entries(thresholds[alert] ?? {}).map(([name, { value }]) => [name, value]));
}

type HostOverride = readonly [host: string, override: Override];

function hostOverridesByAlert(hosts: RuleContext["hosts"]): Map<string, HostOverride[]> {
  const found = new Map<string, HostOverride[]>();
  for (const [host, overrides] of Object.entries(hosts)) {
    for (const [alert, override] of Object.entries(overrides)) {
      const list = found.get(alert) ?? [];
      found.set(alert, list);
      list.push([host, override]);
    }
  }
  return found;
}

/** What one alert says for one set of hosts. */
interface Variant {
  enable: boolean;
  for: Json | undefined;
  thresholds: Record<string, number>;
}

/**
 * The alert as it is, and one more for each different override, kept apart by the `host` label of what the expression returns. Hosts
 * are named by value and not by a series, so a host that has vanished is still the one that was meant.
 */
function renderAlert(
  rule: AlertRule,
  file: string,
  context: RuleContext,
  hosts: readonly HostOverride[],
  problems: Problem[],
): JsonObject[] {
  const defaults = defaultThresholds(context.thresholds, rule.alert);
  const cluster = context.cluster[rule.alert] ?? {};
  const base: Variant = applied({ enable: true, for: rule.for, thresholds: defaults }, cluster);
  const variants = groupHosts(base, hosts);
  const apart = variants.flatMap(({ names }) => names).sort();

  const annotations = isObject(rule.annotations) ? rule.annotations : {};
  const documented = {
    ...rule,
    annotations: { runbook_url: runbookUrl(rule.alert, context.runbooks), ...annotations },
  };
  const rendered: JsonObject[] = [];
  const add = (variant: Variant, scope: (expr: string) => string) => {
    if (variant.enable) rendered.push(fill(documented, variant, scope, file, problems));
  };
  add(base, (expr) => (apart.length === 0 ? expr : `${inParentheses(expr)} unless on (host) (${hostVector(apart)})`));
  for (const { variant, names } of variants)
    add(variant, (expr) => `${inParentheses(expr)} and on (host) (${hostVector(names)})`);
  return rendered;
}

function applied(variant: Variant, override: Override): Variant {
  return {
    enable: override.enable ?? variant.enable,
    // a bad one is told of where it is stated, see `optionProblems`
    for: durationMs(override.for ?? "") === undefined ? variant.for : override.for,
    thresholds: { ...variant.thresholds, ...override.thresholds },
  };
}

/** Hosts that say the same share one rule; hosts that say what holds anyway need none. */
function groupHosts(base: Variant, hosts: readonly HostOverride[]): { variant: Variant; names: string[] }[] {
  const groups = new Map<string, { variant: Variant; names: string[] }>();
  const key = (variant: Variant) => JSON.stringify(variant.enable ? variant : false);
  for (const [name, override] of hosts) {
    const variant = applied(base, override);
    if (key(variant) === key(base)) continue;
    const group = groups.get(key(variant)) ?? { variant, names: [] };
    groups.set(key(variant), group);
    group.names.push(name);
  }
  return [...groups.values()];
}

/** A vector with one element per host, each with the label `host` alone. */
function hostVector(names: readonly string[]): string {
  return names.map((name) => `label_replace(vector(1), "host", ${JSON.stringify(name)}, "", "")`).join(" or ");
}

/** On a line of its own, the closing parenthesis survives a comment at the expression's end. */
function inParentheses(expr: string): string {
  return `(${expr.trimEnd()}\n)`;
}

/** The expression before hosts were told apart. */
export function withoutScope(expr: string): string {
  return (
    /^\(([\s\S]*)\n\) (?:and|unless) on \(host\) \(label_replace\(vector\(1\), "host", .*\)$/.exec(expr)?.[1] ?? expr
  );
}

function fill(
  rule: Documented,
  variant: Variant,
  scope: (expr: string) => string,
  file: string,
  problems: Problem[],
): JsonObject {
  const text = (value: string, where: string) =>
    value.replace(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => {
      const number = variant.thresholds[name];
      if (number !== undefined) return String(number);
      const known = Object.keys(variant.thresholds).join(", ") || "none";
      const want = `a threshold of alerts/thresholds.yaml (known for this alert: ${known})`;
      problems.push({ key: `alerts/${file}: ${rule.alert}.${where}`, got: whole, want });
      return whole;
    });
  const expr = text(rule.expr, "expr");
  const annotations = Object.entries(rule.annotations).map(([name, value]) => [
    name,
    typeof value === "string" ? text(value, `annotations.${name}`) : value,
  ]);
  const filled: JsonObject = { ...rule, expr: scope(expr), annotations: Object.fromEntries(annotations) };
  if (variant.for !== undefined) filled.for = variant.for;
  return filled;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
