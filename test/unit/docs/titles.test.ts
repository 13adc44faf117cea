import { hasTitle, testTitles } from "../../../cli/docs/titles";

const has = (file: string, text: string, words = "it works") => hasTitle(testTitles(file, text), words, text);

test.each([
  ["a test", 'test("it works", () => {});'],
  ["one of a describe", 'describe("a", () => { test("it works well", () => {}); });'],
  ["a describe with a test in it", 'describe("it works", () => { it("well", () => {}); });'],
  ["a table", 'test.each([["a"]])("it works with %s", () => {});'],
  ["a table with types", 'test.each<[string]>([["a"]])(`it works`, () => {});'],
  ["one with parts", "test(`it works: ${name}`, () => {});"],
])("in TypeScript %s counts", (_, text) => {
  expect(has("a.test.ts", text)).toBe(true);
});

test.each([
  ["a comment", '// test("it works", () => {});\ntest("another", () => {});'],
  ["a test that is skipped", 'test.skip("it works", () => {});'],
  ["a table that is skipped", 'test.skip.each([["a"]])("it works", () => {});'],
  ["a test of a describe that is skipped", 'describe.skip("a", () => { test("it works", () => {}); });'],
  ["a test that is to be written", 'test.todo("it works");'],
  ["a describe without tests", 'describe("it works", () => { test.skip("a", () => {}); });'],
  ["a text of another test", 'test("another", () => { expect("it works").toBe(1); });'],
  ["a text in the code of a table", 'test.each([["it works"]])("another %s", () => {});'],
])("in TypeScript %s does not", (_, text) => {
  expect(has("a.test.ts", text)).toBe(false);
});

test.each([
  ["a.nix", '  (same "it works" 1 1)', '  # (same "it works" 1 1)'],
  ["a.nix", '  refused "it works" [ ]', '  hint = "it works";'],
  ["run.sh", 'holds "it works" true', '# holds "it works" true'],
  ["run.sh", 'judge "it works" true', 'echo "it works"'],
  ["a.json", '[{ "name": "it works" }]', '[{ "about": "it works" }]'],
])("in %s %j counts, and %j does not", (file, text, other) => {
  expect([has(file, text), has(file, other)]).toEqual([true, false]);
});

test("a title of parts is met by texts of its file alone", () => {
  const text =
    'effects = { "logs.enable" = { value = false; }; };\nrun = (holds "${option} = ${builtins.toJSON value} set does what it says" x);';
  expect(has("a.nix", text, "logs.enable = false set does what it says")).toBe(true);
  expect(has("a.nix", text, "nothing.enable = false set does what it says")).toBe(false);
});

describe("of promtool's tests", () => {
  const yaml = (name: string, alert: string, got: string) =>
    `tests:\n  - name: ${name}\n    alert_rule_test:\n      - { eval_time: 5m, alertname: ${alert}, exp_alerts: ${got} }`;

  test.each([
    ["one that fires counts", "A fires at once", "A", "[{ exp_labels: {} }]", true],
    ["one that is silent counts", "A is silent before", "A", "[]", true],
    ["one that says that it fires, and does not, does not", "A fires at once", "A", "[]", false],
    ["one that is to be silent, and fires, does not", "A is silent before", "A", "[{ exp_labels: {} }]", false],
    ["one about another alert does not", "A fires at once", "B", "[{ exp_labels: {} }]", false],
  ])("%s", (_, name, alert, got, counts) => {
    expect(has("a.test.yaml", yaml(name, alert, got), name)).toBe(counts);
  });

  test("the name of an alert alone does not", () => {
    expect(has("a.test.yaml", yaml("A fires", "A", "[]"), "alertname: A")).toBe(false);
  });
});
