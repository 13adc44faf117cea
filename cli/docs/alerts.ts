import type { PlanContent } from "../../plan/plan";
import { renderRules, type Thresholds } from "../../plan/rules";
import type { JsonObject } from "../../plan/types";
import { code, markdownTable } from "./markdown";

interface Rule {
  alert?: string;
  expr: string;
  for?: string;
  labels?: { severity?: string };
  annotations?: { summary?: string };
}

/** `docs/alerts.md`: each alert as it is when no stack changes anything. */
export function alertsPage({ rules, thresholds = {} }: PlanContent): string {
  const rendered = renderRules({ files: rules, thresholds, cluster: {}, hosts: {} });
  const subjects = Object.entries(rendered.files).map(([file, content]) => [file, alertsOf(content)] as const);
  const all = subjects.flatMap(([, alerts]) => alerts);
  const names = new Set(all.map(({ alert }) => alert));
  return [
    "# Alerts",
    "",
    `${names.size} alerts (${all.length} rules, since some are both a warning and critical). Critical and warning ones go to Home`,
    "Assistant, critical ones to Nextcloud Talk, the Watchdog to the heartbeat. Each name links to what to do. Another waiting time or",
    "threshold for the cluster or for one host: `monitoring.alerts.<alert>` in the [stack's configuration](options.md).",
    "",
    ...subjects.flatMap(([file, alerts]) => subject(file, alerts, thresholds)),
  ].join("\n");
}

type Alert = Rule & { alert: string };

function alertsOf(content: JsonObject): Alert[] {
  const groups = content.groups as unknown as { rules: Rule[] }[];
  return groups.flatMap((group) => group.rules).filter((rule): rule is Alert => rule.alert !== undefined);
}

function subject(file: string, alerts: readonly Alert[], thresholds: Thresholds): string[] {
  if (alerts.length === 0) return [];
  const rows = alerts.map((rule) => [
    `[${rule.alert}](runbooks/${rule.alert}.md)`,
    rule.labels?.severity ?? "",
    rule.for ?? "at once",
    code(oneLine(rule.expr)),
    thresholdsOf(rule.alert, thresholds),
  ]);
  return [
    `## ${file.replace(/\.yaml$/, "")}`,
    "",
    markdownTable(["alert", "severity", "for", "condition", "thresholds"], rows),
    "",
  ];
}

function oneLine(expr: string): string {
  return expr
    .split("\n")
    .map((line) => line.replace(/^\s*#.*$/, "").trim())
    .filter((line) => line !== "")
    .join(" ");
}

function thresholdsOf(alert: string, thresholds: Thresholds): string {
  const entries = Object.entries(thresholds[alert] ?? {});
  return entries.map(([name, { value }]) => code(`${name}: ${value}`)).join(", ");
}
