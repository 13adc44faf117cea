import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** How `make test` counts: test/steps.sh, and what runners say that cannot run here. */
const root = resolve(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "steps-"));
afterAll(() => rmSync(folder, { recursive: true }));

function bash(script: string, env: Record<string, string> = {}) {
  const ended = spawnSync("bash", ["-c", script], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NIXMON_TEST_LOGS: folder, ...env },
  });
  const lines = ended.stdout.trimEnd().split("\n");
  return { code: ended.status, lines, last: lines.at(-1) };
}

/** Steps with what each prints and how it ends. */
const steps = (...all: [string, number?][]) =>
  bash(
    `. test/steps.sh; says() { printf '%b' "$1"; return "$2"; }; ${all
      .map(([said, code = 0], index) => `step s${index} says '${said}' ${code};`)
      .join(" ")} finish`,
  );

test("what each kind counted is added up", () => {
  const { code, last } = steps(["ok - a\\n2 passed, 0 failed\\n"], ["kind: 3 passed, 0 failed\\n"], ["no count\\n"]);
  expect([code, last]).toEqual([0, "6 passed, 0 failed"]);
});

test("what is skipped counts apart, with its reason above the last line, and does not fail", () => {
  const { code, lines, last } = steps(
    ["2 passed, 0 failed\\n"],
    ["skip - b: no root\\n1 passed, 0 failed, 1 skipped\\n"],
  );
  expect([code, last]).toEqual([0, "3 passed, 0 failed, 1 skipped"]);
  expect(lines).toContain("skipped: s1: b: no root");
  expect(lines.some((line) => line.startsWith("--- s1: 1 passed, 0 failed, 1 skipped ("))).toBe(true);
});

test("a failure is named and fails, counted or not", () => {
  const { code, lines, last } = steps(["2 passed, 1 failed\\n", 1], ["crash\\n", 3], ["4 passed, 0 failed\\n", 1]);
  expect([code, last]).toEqual([1, "6 passed, 3 failed"]);
  expect(lines.filter((line) => line.includes("1 failed, see"))).toHaveLength(3);
});

test("what runs aside is counted with the rest, and shown where it is waited for", () => {
  const { code, lines, last } = bash(
    `. test/steps.sh; other() { step slow bash -c 'sleep 0.2; echo 2 passed, 0 failed'; step bad false; }
     aside other; step main echo 3 passed, 0 failed; rejoin; finish`,
  );
  expect([code, last]).toEqual([1, "5 passed, 1 failed"]);
  expect(lines.filter((line) => line.startsWith("=== "))).toEqual(["=== main", "=== slow", "=== bad"]);
  expect(lines).toContain(`bad: 1 failed, see ${folder}/bad.log`);
});

test("what runs aside and ends early is a failure", () => {
  const { code, last } = bash(`. test/steps.sh; other() { step one true; exit 0; }; aside other; rejoin; finish`);
  expect([code, last]).toEqual([1, "1 passed, 1 failed"]);
});

test.each(["agent", "preflight"])("without root %s counts one skip and no pass", (kind) => {
  const fake = join(folder, "id");
  writeFileSync(fake, "#!/bin/sh\necho 1000\n");
  chmodSync(fake, 0o755);
  const { code, lines } = bash(`test/${kind}/run.sh`, { PATH: `${folder}:${process.env.PATH}` });
  expect(code).toBe(0);
  expect(lines).toEqual([expect.stringMatching(/^skip - .*: needs root/), `${kind}: 0 passed, 0 failed, 1 skipped`]);
});

test("tests that jest skipped are named and counted", () => {
  const report = join(folder, "report.json");
  const written = (assertionResults: { status: string; fullName: string }[]) =>
    writeFileSync(
      report,
      JSON.stringify({
        numPassedTests: 1,
        numFailedTests: 1,
        numRuntimeErrorTestSuites: 1,
        testResults: [{ name: join(root, "test/engine/x.test.ts"), assertionResults }],
      }),
    );
  const passed = { status: "passed", fullName: "a" };
  written([passed, { status: "pending", fullName: "at length b" }]);
  expect(bash(`node test/count.js ${report}`).lines).toEqual([
    "skip - test/engine/x.test.ts: at length b",
    "1 passed, 2 failed, 1 skipped",
  ]);
  written([passed]);
  expect(bash(`node test/count.js ${report}`).lines).toEqual(["1 passed, 2 failed"]);
});
