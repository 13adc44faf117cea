import { planCluster } from "../../../plan/plan";
import { ruleProblems } from "../../../plan/ruleChecks";
import type { Json } from "../../../plan/types";
import { readContent } from "../../../stacks/content";
import { alert, badRules, group, record, rules } from "./badRules";
import { cluster, content, withHost } from "./fixture";

const lines = (file: Json, name = "own.yaml") =>
  ruleProblems({ [name]: file }).map(({ key, got, want }) => `${key}: got ${got}, want ${want}`);
test("rules that Prometheus takes are taken", () => {
  expect(lines(rules(alert, record))).toEqual([]);
  expect(lines(group({ interval: "5s", query_offset: "1m", limit: 10, labels: { a: "b" } }))).toEqual([]);
  expect(lines(rules({ ...alert, for: 0, keep_firing_for: "1h30m", labels: null }))).toEqual([]);
  expect(lines({ groups: [] })).toEqual([]);
});

test("the rules of this project are taken", () => {
  expect(planCluster(cluster(), readContent()).errors).toEqual([]);
});

test.each(badRules)("%s is one mistake that names file and place", (_, file, line) => {
  const found = lines(file);
  expect(found).toEqual([expect.stringContaining(line)]);
  expect(found[0]).toMatch(/^alerts\/own\.yaml: /);
});

test("a file by the name of the plan's own is a mistake, and not lost", () => {
  expect(lines(rules(alert), "expected-jobs.yaml")).toEqual([
    "alerts/expected-jobs.yaml: got a file of the name that the plan's own rules have, want another name",
  ]);
});

test("a file that Prometheus is known to take is not read again, but keeps to its name; control: another content is read", () => {
  const wrong = rules({ ...alert, expr: "up ==" });
  const taken = (content: Json) => content === wrong;
  expect(ruleProblems({ "own.yaml": wrong }, taken)).toEqual([]);
  expect(ruleProblems({ "expected-jobs.yaml": wrong }, taken)).toHaveLength(1);
  expect(ruleProblems({ "own.yaml": { ...wrong } }, taken)).toHaveLength(1);
});

describe("a plan", () => {
  const broken = { ...content, rules: { ...content.rules, "own.yaml": rules({ ...alert, expr: "celsius >" }) } };
  const keys = (...args: Parameters<typeof planCluster>) => planCluster(...args).errors.map(({ key }) => key);

  test("tells of a bad rule among all other mistakes, and plans no host", () => {
    const plan = planCluster(cluster({ domain: "x" }), broken);
    expect(plan.errors.map(({ key }) => key)).toEqual(["domain", "alerts/own.yaml: Hot.expr"]);
    expect(plan.hosts).toEqual({});
    expect(keys(cluster(), content)).toEqual([]);
  });

  test("of a fleet, which has no primary to give rules to, does not look at them", () => {
    const fleet = cluster({ externalPrimaryAddress: "10.9.9.9", hosts: cluster().hosts.slice(3) });
    expect(keys(fleet, broken)).toEqual([]);
  });

  test("tells of it once, however many hosts have a threshold of their own", () => {
    const alerts = { Hot: { thresholds: {}, for: "1h" } };
    expect(keys(withHost("nixserv", { monitoring: { alerts } }), broken)).toEqual(["alerts/own.yaml: Hot.expr"]);
  });

  test("takes an override of so many hosts that no editor's parser reads the expression", () => {
    const hosts = Array.from({ length: 400 }, (_, index) => `h${index}`);
    const all = cluster().hosts.slice(0, 3);
    const alerts = { HighCPUUsage: { thresholds: { percent: 99 } } };
    const many = hosts.map((name, index) => ({
      ...cluster().hosts[3],
      name,
      address: `10.1.${index >> 8}.${index & 255}`,
    }));
    const config = cluster({
      hosts: [...all, ...many.map((one) => ({ ...one, monitoring: { alerts } }))] as typeof all,
    });
    expect(keys(config, content)).toEqual([]);
  });

  test("says of files that could not be read only that, not that their alerts are missing", () => {
    const unreadable = [{ key: "alerts/a.yaml, line 3", got: "x", want: "YAML" }];
    const config = cluster({ monitoring: { alerts: { Elsewhere: { enable: false } } } });
    expect(keys(config, { rules: content.rules, unreadable })).toEqual(["alerts/a.yaml, line 3"]);
    expect(keys(config, content)).toEqual(["monitoring.alerts.Elsewhere"]);
  });
});
