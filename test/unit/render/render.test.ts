import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { render } from "../../../cli/render/render";

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "nixmon-render-"));
  mkdirSync(join(project, "alerts"));
  mkdirSync(join(project, "dist/dashboards"), { recursive: true });
  writeFileSync(
    join(project, "alerts/host.yaml"),
    "groups: [{name: host, rules: [{alert: Hot, expr: 'a > ${celsius}'}]}]",
  );
  writeFileSync(join(project, "alerts/thresholds.yaml"), 'Hot: { celsius: { value: 85, unit: "C", doc: "heat" } }');
  writeFileSync(join(project, "dist/dashboards/overview.json"), "{}");
});
afterEach(() => rmSync(project, { recursive: true }));

function stack(hosts: object, more: object = {}): void {
  const config = {
    "nixmon:domain": "example.net",
    "nixmon:allocations": { server: { monitoringPrimaryHost: "nixmon" } },
    "nixmon:lan": ["10.0.0.0/24"],
    "nixmon:hosts": hosts,
    ...more,
  };
  // JSON is YAML
  writeFileSync(join(project, "Pulumi.home.yaml"), JSON.stringify({ config }));
}
const run = (name = "home") => render({ stack: name, out: "out", project, root: project });

describe("render", () => {
  test("writes a stack's hosts and says what it wrote", () => {
    stack({ nixmon: { address: "10.0.0.11" }, nixdev: { address: "10.0.0.15" } });
    const result = run();
    expect(result.hosts.map((host) => host.host)).toEqual(["nixmon", "nixdev"]);
    expect(result.warnings).toEqual([expect.stringContaining("nobody will be told")]);
    const of = (name: string) => readFileSync(join(project, "out/home/nixmon", name), "utf8");
    expect(of("rules/host.yaml")).toContain("a > 85");
    expect(of("dashboards/overview.json")).toBe("{}");
    expect(JSON.parse(of("targets/nixdev.json"))[0].targets).toEqual(["10.0.0.15:9100"]);
  });

  test("forgets a host that is gone", () => {
    stack({ nixmon: { address: "10.0.0.11" }, nixdev: { address: "10.0.0.15" } });
    run();
    stack({ nixmon: { address: "10.0.0.11" } });
    run();
    expect(existsSync(join(project, "out/home/nixdev"))).toBe(false);
    expect(existsSync(join(project, "out/home/nixmon/targets/nixdev.json"))).toBe(false);
  });

  test("writes nothing for a stack with mistakes, and names each by its key", () => {
    stack({ nixmon: { address: "10.0.0.11" }, nixdev: { address: "10.0.0.11" } });
    expect(run).toThrow(
      /nixmon:hosts\.nixdev\.address: got "10\.0\.0\.11", which nixmon has, want an address of its own/,
    );
    expect(existsSync(join(project, "out"))).toBe(false);
  });

  test.each(["nosuch", "../x", ""])("refuses the stack name %j that has no file", (name) => {
    expect(() => run(name)).toThrow(name === "nosuch" ? /Pulumi\.nosuch\.yaml/ : /stack: got/);
  });
});
