import fc from "fast-check";
import { load } from "js-yaml";
import { renderedHosts, yaml } from "../../../cli/render/files";
import { ini } from "../../../cli/render/ini";
import { planCluster } from "../../../plan/plan";
import type { JsonObject } from "../../../plan/types";
import { cluster, content } from "../plan/fixture";

const plan = planCluster(cluster(), content);
const rendered = renderedHosts(plan, { "overview.json": "{}" });
const file = (host: string, name: string): string => rendered[host]?.[name] ?? "";

describe("rendered files", () => {
  test("of the primary show every tool's own form", () => {
    expect(Object.keys(rendered.nixmon ?? {})).toEqual([
      ...["host.json", "secrets.json", "config.alloy", "prometheus.yml", "rules/host.yaml", "rules/expected-jobs.yaml"],
      ...[
        "alertmanager.yml",
        "loki.yaml",
        "blackbox.yml",
        "grafana.ini",
        "grafana-datasources.yaml",
        "dashboards/overview.json",
      ],
      ...["targets/nixmon.json", "targets/nixio.json", "targets/nixcloud.json", "targets/nixserv.json"],
    ]);
  });

  test.each([
    ["nixserv", ["host.json", "config.alloy"]],
    ["nixcloud", ["host.json", "secrets.json", "config.alloy", "kanidm.json"]],
  ])("of %s are %j", (host, names) => {
    expect(Object.keys(rendered[host] ?? {})).toEqual(names);
  });

  test.each([
    ["prometheus.yml", plan.hosts.nixmon?.collector?.prometheus],
    ["alertmanager.yml", plan.hosts.nixmon?.collector?.alertmanager],
    ["loki.yaml", plan.hosts.nixmon?.collector?.loki],
    ["rules/host.yaml", plan.hosts.nixmon?.collector?.rules["host.yaml"]],
  ])("say in %s what the host data says", (name, data) => {
    expect(load(file("nixmon", name))).toEqual(data);
  });

  test("hold a placeholder for each secret", () => {
    expect(JSON.parse(file("nixcloud", "secrets.json"))).toEqual({
      "KANIDM/OAUTH2/GRAFANA_SECRET": { value: "<secret>", consumers: ["kanidm.service"] },
    });
  });
});

describe("YAML", () => {
  const nasty = fc.constantFrom(
    '"',
    "'",
    "\n",
    "\r\n",
    "{{ $labels.host }}",
    "$",
    "$$",
    "${HOME}",
    "# x",
    ": ",
    "- a",
    "yes",
    "1e3",
    "~",
    "\u0085",
    "\ufeff",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join("")),
  );

  test("gives back any key and value unchanged", () => {
    fc.assert(
      fc.property(text, text, text, (key, one, two) => {
        const value = { [key]: one, list: [two, { [one]: two }], nested: { [two]: [key] } };
        expect(load(yaml(value))).toEqual(value);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("grafana.ini", () => {
  test("has sections, and values as they are", () => {
    expect(ini({ a: { b: true, c: 3, d: "x = 'y' || \"z\"" }, "auth.x": { e: "$__file{/run/f}" } })).toBe(
      "[a]\nb = true\nc = 3\nd = x = 'y' || \"z\"\n\n[auth.x]\ne = $__file{/run/f}\n",
    );
  });

  test.each([
    ["a # b", "`a # b`"],
    ["a;b", "`a;b`"],
    [" a", "` a`"],
    ['"a"', '`"a"`'],
    ["`a", '"""`a"""'],
    ["a\\", "`a\\`"],
    ["", ""],
  ])("wraps %j, which would be read as something else", (value, written) => {
    expect(ini({ a: { b: value } })).toBe(`[a]\nb = ${written}\n`);
  });

  test.each<[JsonObject, RegExp]>([
    [{ a: { b: "x\ny" } }, /grafana\.ini a\.b: got "x\\ny", want one line/],
    [{ a: { b: ["x"] } }, /grafana\.ini a\.b: got \["x"\], want a text, a number, true or false/],
    [{ a: 1 }, /grafana\.ini a: got 1, want a section/],
    [{ a: { b: '`"""' } }, /grafana\.ini a\.b: .*want no mixture/],
  ])("refuses %j, which it cannot hold", (sections, message) => {
    expect(() => ini(sections)).toThrow(message);
  });
});
