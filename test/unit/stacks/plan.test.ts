import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { planStack } from "../../../stacks/plan";
import { acceptedLately, promtoolProblems } from "../../../stacks/promtool";
import { alert, rules } from "../plan/badRules";
import { cluster } from "../plan/fixture";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nixmon-plan-"));
  cpSync(resolve(__dirname, "../../../alerts"), join(root, "alerts"), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(root, "alerts", name), text);

function mistakes(config = cluster()): string[] {
  try {
    planStack("test", config, root);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
}

describe("the plan of a stack", () => {
  test("has the alerts of the package's folder", () => {
    write("own.yaml", "groups: [{ name: own, rules: [{ alert: Hot, expr: celsius > 80 }] }]");
    const { hosts } = planStack("test", cluster(), root);
    expect(Object.keys(hosts.nixmon?.collector?.rules ?? {})).toEqual(
      expect.arrayContaining(["host.yaml", "own.yaml"]),
    );
  });

  test("is refused with every bad rule file and every other mistake in one error", () => {
    write("a.yaml", "groups:\n  - name: a\n   rules: []\n");
    write("b.yaml", "groups: [{ name: b, rules: [{ alert: Hot, expr: celsius > }] }]");
    write("c.yaml", "# later\n");
    write("d.yaml", "rules: []");
    expect(mistakes(cluster({ domain: "x" }))).toEqual([
      'The configuration of stack "test" has 5 mistakes; nothing was changed:',
      '  nixmon:domain: got "x", want a domain name such as example.net',
      "  alerts/a.yaml, line 3: got bad indentation of a sequence entry at `rules: []`, want YAML",
      '  alerts/b.yaml: Hot.expr: got a mistake at "celsius >", want a PromQL expression',
      "  alerts/c.yaml: got nothing, want `groups:` and below it a list of groups of rules",
      "  alerts/d.yaml: got `groups` with nothing, want `groups:` and below it a list of groups of rules",
    ]);
  });

  test.each([
    [
      "a threshold without its number",
      "HighLoad: { perCore: 2 }",
      "alerts/thresholds.yaml: HighLoad.perCore: got 2, want",
    ],
    [
      "a threshold that is a text",
      'HighLoad: { perCore: { value: "2" } }',
      'HighLoad.perCore.value: got "2", want alert',
    ],
    ["a list", "[HighLoad]", 'alerts/thresholds.yaml: got ["HighLoad"], want alert, threshold and number as in'],
    [
      "no YAML",
      "HighLoad: a: b",
      "alerts/thresholds.yaml, line 1: got bad indentation of a mapping entry at `HighLoad",
    ],
  ])("is refused with %s in thresholds.yaml, and no word of the alerts that lack theirs", (_, text, line) => {
    write("thresholds.yaml", text);
    const [, ...found] = mistakes();
    expect(found).toEqual([expect.stringContaining(line)]);
  });
});

describe("promtool", () => {
  const env = () => ({ PATH: `${root}/bin:${process.env.PATH}`, NIXMON_CACHE: join(root, "cache") });
  const files = { "own.yaml": rules(alert) };
  /** Stands for the real one, which test/property/refused.test.ts asks. */
  const promtool = (script: string) => {
    mkdirSync(join(root, "bin"), { recursive: true });
    writeFileSync(join(root, "bin/promtool"), `#!/bin/sh\necho "$@" >> ${root}/calls\n${script}\n`);
    chmodSync(join(root, "bin/promtool"), 0o755);
  };
  const calls = () => readFileSync(join(root, "calls"), "utf8").trim().split("\n");

  test("is asked once about the same rules while it accepts them, and again about others", () => {
    promtool("exit 0");
    expect([promtoolProblems(files, env()), promtoolProblems(files, env())]).toEqual([[], []]);
    expect(calls()).toEqual(["check rules ./own.yaml"]);
    promtoolProblems({ "own.yaml": rules({ ...alert, for: "6m" }) }, env());
    promtoolProblems(files, env());
    expect(calls()).toHaveLength(2);
  });

  test("is asked about the files alone that it has not accepted", () => {
    promtool("exit 0");
    promtoolProblems(files, env());
    promtoolProblems({ ...files, "new.yaml": rules({ ...alert, alert: "Cold" }) }, env());
    expect(calls()).toEqual(["check rules ./own.yaml", "check rules ./new.yaml"]);
    expect(promtoolProblems({ ...files, "new.yaml": rules({ ...alert, alert: "Cold" }) }, env())).toEqual([]);
    expect(calls()).toHaveLength(2);
  });

  test("and what it accepted is known as such; control: nothing else is", () => {
    promtool("exit 0");
    const earlier = acceptedLately(env());
    promtoolProblems(files, env());
    const now = acceptedLately(env());
    const other = rules({ ...alert, for: "6m" });
    expect([earlier(files["own.yaml"]), now(files["own.yaml"]), now(other)]).toEqual([false, true, false]);
  });

  test("tells each mistake once, by file and alert, and is asked again after a refusal", () => {
    const line = './own.yaml: 1:53: group "own", rule 1, "Hot": could not parse expression: 1:6: parse error: no';
    promtool(
      `cat >&2 <<'EOF'\n  FAILED:\n${line}\n${line}\n./c.yaml: yaml: unmarshal errors:\n  line 1: field x\nEOF\nexit 1`,
    );
    const want = "rules that `promtool check rules` accepts";
    const refused = [
      { key: "alerts/c.yaml", got: "yaml: unmarshal errors: line 1: field x", want },
      { key: "alerts/own.yaml: Hot", got: "could not parse expression: 1:6: parse error: no", want },
    ];
    expect([promtoolProblems(files, env()), promtoolProblems(files, env())]).toEqual([refused, refused]);
    expect(calls()).toHaveLength(2);
  });

  test("that is not there says nothing, and one that dies neither", () => {
    expect(promtoolProblems(files, { ...env(), PATH: join(root, "nowhere") })).toEqual([]);
    promtool("kill -9 $$");
    expect(promtoolProblems(files, env())).toEqual([]);
  });
});
