import { explain, fine, type Result, wrong } from "../../../cli/doctor/result";

const finding = (key: string, explains: string[] = []): Result =>
  wrong(key, "nixio", "a check", { found: "x", wanted: "y", why: "z", type: [], explains });

/** Keys of what is left when everything explained is taken away. */
function causes(results: Result[]): string[] {
  return explain(results)
    .filter((result) => result.finding !== undefined && result.explainedBy === undefined)
    .map(({ key }) => key);
}

test("a finding that another one causes is not a cause itself", () => {
  expect(causes([finding("unit/nixio/node", ["target/nixio/node"]), finding("target/nixio/node")])).toEqual([
    "unit/nixio/node",
  ]);
});

test("a star stands for any rest, and for that alone", () => {
  const results = [
    finding("reach/nixio", ["target/nixio/*"]),
    finding("target/nixio/node"),
    finding("target/nixmon/node"),
  ];
  expect(causes(results)).toEqual(["reach/nixio", "target/nixmon/node"]);
});

test("the last cause of a chain is named", () => {
  const results = [finding("c"), finding("b", ["c"]), finding("a", ["b"])];
  expect(explain(results).map(({ explainedBy }) => explainedBy)).toEqual(["a", "a", undefined]);
});

test("two findings that would explain each other do not make both vanish", () => {
  expect(causes([finding("a", ["b"]), finding("b", ["a"])]).length).toBeGreaterThan(0);
});

test("a check that holds explains nothing and needs no explanation", () => {
  const results = [fine("a", "nixio", "a check"), finding("b", ["a"])];
  expect(explain(results)[0]).toEqual(fine("a", "nixio", "a check"));
  expect(causes(results)).toEqual(["b"]);
});
