import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

export const alertsFolder = join(__dirname, "..", "..", "..", "alerts");

export interface Alert {
  file: string;
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface RuleTest {
  name: string;
  input_series: { series: string; values: string }[];
  alert_rule_test: {
    alertname: string;
    eval_time: string;
    exp_alerts: { exp_labels?: Record<string, string>; exp_annotations: Record<string, string> }[];
  }[];
}

interface RuleFile {
  groups: { name: string; rules: Omit<Alert, "file">[] }[];
}

export function subjects(): string[] {
  return readdirSync(alertsFolder)
    .filter((name) => name.endsWith(".yaml") && name !== "thresholds.yaml")
    .map((name) => name.replace(/\.yaml$/, ""));
}

export function alerts(): Alert[] {
  return subjects().flatMap((subject) => {
    const file = load(readFileSync(join(alertsFolder, `${subject}.yaml`), "utf8")) as RuleFile;
    return file.groups.flatMap(({ rules }) => rules.map((rule) => ({ ...rule, file: subject })));
  });
}

export function ruleTests(subject: string): RuleTest[] {
  const file = load(readFileSync(join(alertsFolder, "tests", `${subject}.test.yaml`), "utf8")) as { tests: RuleTest[] };
  return file.tests;
}

export function thresholds(): Record<string, Record<string, { value: number; unit: string; doc: string }>> {
  return load(readFileSync(join(alertsFolder, "thresholds.yaml"), "utf8")) as ReturnType<typeof thresholds>;
}

/** Names of the `${name}` placeholders in a text. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? "");
}
