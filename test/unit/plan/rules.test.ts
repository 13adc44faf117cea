import { existsSync } from "node:fs";
import { join } from "node:path";
import { alertNames, renderRules, runbookUrl } from "../../../plan/rules";
import type { JsonObject } from "../../../plan/types";
import { readContent } from "../../../stacks/content";
import { content } from "./fixture";

const thresholds = content.thresholds ?? {};
type Overrides = Parameters<typeof renderRules>[0]["hosts"];

function rendered(cluster: Overrides[string] = {}, hosts: Overrides = {}) {
  const { files, problems } = renderRules({ files: content.rules, thresholds, cluster, hosts });
  expect(problems).toEqual([]);
  const groups = files["host.yaml"]?.groups as { rules: JsonObject[] }[];
  return (groups[0]?.rules ?? []).filter((rule) => rule.alert === "HighCPUUsage");
}

const only = (...names: string[]) =>
  names.map((name) => `label_replace(vector(1), "host", "${name}", "", "")`).join(" or ");

describe("thresholds", () => {
  test("are the defaults in expression and annotations alike", () => {
    expect(rendered()).toEqual([
      expect.objectContaining({
        expr: "cpu_percent > 90",
        for: "5m",
        annotations: {
          summary: "CPU above 90% on {{ $labels.host }}: {{ $value }}",
          runbook_url: "docs/runbooks/HighCPUUsage.md",
        },
      }),
    ]);
  });

  test("of the whole cluster replace the defaults", () => {
    expect(rendered({ HighCPUUsage: { thresholds: { percent: 97.5 }, for: "10m" } })).toEqual([
      expect.objectContaining({ expr: "cpu_percent > 97.5", for: "10m" }),
    ]);
  });

  test("of one host make a second rule, and the first leaves that host out", () => {
    const rules = rendered({}, { nixai: { HighCPUUsage: { thresholds: { percent: 99 } } } });
    expect(rules.map((rule) => rule.expr)).toEqual([
      `(cpu_percent > 90\n) unless on (host) (${only("nixai")})`,
      `(cpu_percent > 99\n) and on (host) (${only("nixai")})`,
    ]);
    expect(rules[1]?.annotations).toMatchObject({ summary: "CPU above 99% on {{ $labels.host }}: {{ $value }}" });
  });

  test("that several hosts share make one rule", () => {
    const same = { HighCPUUsage: { thresholds: { percent: 99 } } };
    const rules = rendered({}, { nixai: same, nixdev: same, nixarr: { HighCPUUsage: { for: "1h" } } });
    expect(rules.map((rule) => [rule.for, rule.expr])).toEqual([
      ["5m", `(cpu_percent > 90\n) unless on (host) (${only("nixai", "nixarr", "nixdev")})`],
      ["5m", `(cpu_percent > 99\n) and on (host) (${only("nixai", "nixdev")})`],
      ["1h", `(cpu_percent > 90\n) and on (host) (${only("nixarr")})`],
    ]);
  });

  test("that say what holds anyway make no rule", () => {
    expect(rendered({}, { nixai: { HighCPUUsage: { thresholds: { percent: 90 } } } })).toHaveLength(1);
  });

  test("of a host build on the cluster's", () => {
    const rules = rendered(
      { HighCPUUsage: { for: "30m" } },
      { nixai: { HighCPUUsage: { thresholds: { percent: 99 } } } },
    );
    expect(rules.map((rule) => rule.for)).toEqual(["30m", "30m"]);
  });
});

describe("an alert that is off", () => {
  test("for the whole cluster is not there", () => {
    expect(rendered({ HighCPUUsage: { enable: false } })).toEqual([]);
  });

  test("for one host leaves that host out", () => {
    expect(rendered({}, { nixai: { HighCPUUsage: { enable: false } } }).map((rule) => rule.expr)).toEqual([
      `(cpu_percent > 90\n) unless on (host) (${only("nixai")})`,
    ]);
  });

  test("for the cluster and on for one host speaks of that host alone", () => {
    const rules = rendered({ HighCPUUsage: { enable: false } }, { nixai: { HighCPUUsage: { enable: true } } });
    expect(rules.map((rule) => rule.expr)).toEqual([`(cpu_percent > 90\n) and on (host) (${only("nixai")})`]);
  });
});

describe("the link to the runbook", () => {
  const annotations = (rule: JsonObject, runbooks?: string) => {
    const files = { "a.yaml": { groups: [{ name: "a", rules: [rule] }] } };
    const out = renderRules({ files, thresholds: {}, cluster: {}, hosts: {}, runbooks }).files["a.yaml"];
    const [group] = (out?.groups ?? []) as unknown as { rules: JsonObject[] }[];
    return group?.rules[0]?.annotations;
  };

  test("is made for every alert, of its name", () => {
    expect(annotations({ alert: "A", expr: "up" })).toEqual({ runbook_url: "docs/runbooks/A.md" });
  });

  test("leads to where the pages are published", () => {
    const base = "https://docs.example.net/runbooks/";
    expect(annotations({ alert: "A", expr: "up" }, base)).toEqual({
      runbook_url: "https://docs.example.net/runbooks/A.md",
    });
  });

  test("stays as it is where the rule states one", () => {
    expect(annotations({ alert: "A", expr: "up", annotations: { runbook_url: "x" } })).toEqual({ runbook_url: "x" });
  });

  test("leads to a page that is there, for each alert of the project", () => {
    const root = join(__dirname, "../../..");
    const missing = [...alertNames(readContent(root).rules)].filter(
      (name) => !existsSync(join(root, runbookUrl(name))),
    );
    expect(missing).toEqual([]);
  });
});

describe("rule files", () => {
  const file = (rules: JsonObject[]) => ({ "a.yaml": { groups: [{ name: "a", interval: "1m", rules }] } });

  test("keep recording rules, group settings and everything they hold besides", () => {
    const files = file([{ record: "a:b", expr: "sum(b)" }]);
    expect(renderRules({ files, thresholds, cluster: {}, hosts: {} }).files).toEqual(files);
  });

  test("with a comment at an expression's end still close their parentheses", () => {
    const files = file([{ alert: "A", expr: "up == 0 # gone\n" }]);
    const { files: out } = renderRules({ files, thresholds, cluster: {}, hosts: { h: { A: { enable: false } } } });
    expect(JSON.stringify(out)).toContain(JSON.stringify("(up == 0 # gone\n) unless").slice(1, -1));
  });

  test("with a placeholder that has no threshold are a mistake that names it", () => {
    const files = file([{ alert: "A", expr: "a > ${b}", annotations: { summary: "${c}" } }]);
    const { problems } = renderRules({ files, thresholds: { A: { d: { value: 1 } } }, cluster: {}, hosts: {} });
    const want = "a threshold of alerts/thresholds.yaml (known for this alert: d)";
    expect(problems).toEqual([
      { key: "alerts/a.yaml: A.expr", got: "${b}", want },
      { key: "alerts/a.yaml: A.annotations.summary", got: "${c}", want },
    ]);
  });

  test("that hold nothing useful are no alerts", () => {
    expect(
      alertNames({ "a.yaml": { groups: null }, "b.yaml": {}, "c.yaml": { groups: [{ rules: [1, null] }] } }),
    ).toEqual(new Set());
    expect(alertNames(content.rules)).toEqual(new Set(["HostDown", "HighCPUUsage"]));
  });
});
