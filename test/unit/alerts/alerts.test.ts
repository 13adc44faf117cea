import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { parsePromql } from "../../../plan/promql";
import { knownMetrics, seenMetrics, unprovenMetrics, usedMetrics } from "./knownMetrics";
import { type Alert, alerts, placeholders, ruleTests, subjects, thresholds } from "./ruleFiles";

const runbooks = join(__dirname, "..", "..", "..", "docs", "runbooks");
const label = ({ file, alert, labels }: Alert) => `${file}: ${alert} (${labels.severity})`;
const all = alerts();
const filled = (text: string) => text.replace(/\$\{\w+\}/g, "1");

describe("the alerts", () => {
  test("are at least sixty, the seed's five among them", () => {
    const names = new Set(all.map(({ alert }) => alert));
    expect(names.size).toBeGreaterThanOrEqual(60);
    for (const name of ["HostDown", "DiskSpaceCritical", "HighCPUUsage", "HighMemoryUsage", "ServiceDown"])
      expect(names).toContain(name);
  });

  test("differ in name or severity", () => {
    const keys = all.map(({ alert, labels }) => `${alert} ${labels.severity}`);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });

  test("keep the seed's severities and waiting times", () => {
    const seed = Object.fromEntries(all.map((rule) => [rule.alert, `${rule.labels.severity} after ${rule.for}`]));
    expect(seed).toMatchObject({
      HostDown: "critical after 2m",
      DiskSpaceCritical: "critical after 5m",
      HighCPUUsage: "warning after 5m",
      HighMemoryUsage: "warning after 5m",
      ServiceDown: "critical after 2m",
    });
    const limits = thresholds();
    expect(limits.DiskSpaceCritical?.percent?.value).toBe(10);
    expect(limits.HighCPUUsage?.percent?.value).toBe(90);
    expect(limits.HighMemoryUsage?.percent?.value).toBe(90);
  });
});

describe.each(all.map((rule) => [label(rule), rule] as const))("%s", (_, rule) => {
  test("has an allowed severity and both annotations, and leaves the link to the runbook to the renderer", () => {
    expect(Object.keys(rule.labels)).toEqual(["severity"]);
    expect(["critical", "warning", "info", "none"]).toContain(rule.labels.severity);
    expect(Object.keys(rule.annotations).sort()).toEqual(["description", "summary"]);
  });

  test("says which host and which value", () => {
    const hostless = ["Watchdog", "JobMissing"];
    if (!hostless.includes(rule.alert)) expect(rule.annotations.description).toContain("{{ $labels.host }}");
    expect(rule.annotations.description).toMatch(/\{\{[^}]*\$value[^}]*\}\}/);
  });

  test("says no number that a threshold could change", () => {
    for (const text of Object.values(rule.annotations)) {
      const words = text.replace(/\{\{.*?\}\}/g, "").replace(/\$\{\w+\}/g, "");
      expect(words).not.toMatch(/\b\d+\b/);
    }
  });

  test("has a default for each threshold", () => {
    const known = Object.keys(thresholds()[rule.alert] ?? {});
    for (const text of [rule.expr, ...Object.values(rule.annotations)]) {
      for (const name of placeholders(text)) expect(known).toContain(name);
    }
  });

  test("takes thresholds on one side of a comparison only", () => {
    expect(misplaced(rule.expr)).toEqual([]);
  });

  test("is PromQL that reads known metrics only", () => {
    const { metrics, errors } = parsePromql(filled(rule.expr));
    expect(errors).toEqual([]);
    const known = knownMetrics();
    expect([...metrics].filter((name) => !known.has(name))).toEqual([]);
  });

  test("has a test in which it fires with its own severity and one in which it is silent, both with its metrics", () => {
    const cases = ruleTests(rule.file).flatMap((entry) =>
      entry.alert_rule_test
        .filter(({ alertname }) => alertname === rule.alert)
        .map((expected) => ({ entry, expected })),
    );
    const firing = cases.filter(({ expected }) =>
      expected.exp_alerts.some((one) => one.exp_labels?.severity === rule.labels.severity),
    );
    const silent = cases.filter(({ expected }) => expected.exp_alerts.length === 0);
    expect(firing.length).toBeGreaterThan(0);
    // it is there to fire always
    if (rule.alert === "Watchdog") return;
    expect(silent.length).toBeGreaterThan(0);
    const { metrics } = parsePromql(filled(rule.expr));
    for (const { entry } of silent) {
      // silence for lack of data would prove nothing
      expect(entry.input_series.some(({ series }) => [...metrics].some((name) => series.startsWith(`${name}{`)))).toBe(
        true,
      );
    }
  });

  test("has a runbook that says what it means, how to look and what to do", () => {
    const text = readFileSync(join(runbooks, `${rule.alert}.md`), "utf8");
    expect(text.startsWith(`# ${rule.alert}\n\n`)).toBe(true);
    expect(text).toMatch(/\n## How to look\n\n```sh\n[^`]+\n```\n/);
    expect(text).toMatch(/\n## What to do\n\n- /);
  });
});

/** Placeholders that are not the right side of a comparison, perhaps after a factor that turns its unit. */
function misplaced(expr: string): string[] {
  const numbers = new Map<number, string>();
  // Each placeholder becomes a number of its own, which the tree then shows again.
  const marked = expr.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const number = 900_001 + numbers.size;
    numbers.set(number, name);
    return String(number);
  });
  const good = new Set<number>();
  parser.parse(marked).iterate({
    enter: ({ name, from, to, node }) => {
      const number =
        name === "NumberDurationLiteral" || name === "NumberLiteral" ? Number(marked.slice(from, to)) : Number.NaN;
      if (!numbers.has(number)) return;
      const parent = node.parent;
      const isRight = parent?.lastChild?.from === from;
      const operator = parent?.name === "BinaryExpr" ? marked.slice(parent.firstChild?.to, from).trim() : "";
      if (isRight && /^(<|>|<=|>=|==|!=)$/.test(operator)) good.add(number);
    },
  });
  return [...numbers].filter(([number]) => !good.has(number)).map(([, name]) => name);
}

describe("the files around the alerts", () => {
  test("every subject has its tests, and nothing else has", () => {
    const tested = readdirSync(join(__dirname, "..", "..", "..", "alerts", "tests")).map((name) =>
      name.replace(/\.test\.yaml$/, ""),
    );
    expect(tested.sort()).toEqual(subjects().sort());
  });

  test("every threshold belongs to an alert that uses it", () => {
    for (const [alert, names] of Object.entries(thresholds())) {
      const rules = all.filter((rule) => rule.alert === alert);
      const used = new Set(rules.flatMap((rule) => placeholders(rule.expr)));
      expect([alert, Object.keys(names).sort()]).toEqual([alert, [...used].sort()]);
    }
  });

  test("every runbook belongs to an alert, and the alerts that it names exist", () => {
    const names = new Set(all.map(({ alert }) => alert));
    const pages = readdirSync(runbooks).map((name) => name.replace(/\.md$/, ""));
    expect(pages.filter((name) => !names.has(name))).toEqual([]);
    expect(existsSync(join(runbooks, "HostDown.md"))).toBe(true);
  });

  test("every known metric is read by an alert or a dashboard, and each without proof has a reason", () => {
    const used = usedMetrics();
    expect([...knownMetrics()].filter((name) => !used.has(name))).toEqual([]);
    const { absent, sometimes, standIn } = unprovenMetrics();
    const seen = seenMetrics();
    expect(Object.keys({ ...absent, ...sometimes }).filter((name) => seen[name] !== undefined)).toEqual([]);
    expect(Object.keys(standIn).filter((name) => seen[name] === undefined)).toEqual([]);
    for (const reason of [absent, sometimes, standIn].flatMap((names) => Object.values(names)))
      expect(reason).not.toBe("");
  });

  test("the check of placeholders itself refuses one inside a range or function", () => {
    expect(misplaced(["predict_linear(up[1h], ", "hours} * 3600) < 0"].join("${"))).toEqual(["hours"]);
    expect(misplaced(["up > ", "limit}"].join("${"))).toEqual([]);
  });
});
