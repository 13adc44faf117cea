import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { limits } from "../../faults/cluster";
import { interruptions, planted } from "../../faults/faults";
import { keyOf, linesOf, table } from "../../faults/table";

const document = readFileSync(resolve(__dirname, "../../../docs/faults.md"), "utf8");
const rows = linesOf(document);
const faults = [...planted, ...interruptions].map(({ what }) => what);

test("docs/faults.md has every fault for both roles, in the order in which they are tried", () => {
  const wanted = faults.flatMap((what) => [`${what} | primary`, `${what} | exporter`]);
  expect(rows.map(keyOf)).toEqual([...wanted, "one host of ten is bad: the other nine converge | exporter"]);
});

test("in docs/faults.md every host came back", () => {
  expect(document).not.toContain("**never**");
  for (const line of rows) expect(Number(line.split(" | ")[2])).toBeLessThanOrEqual(limits.confirm + 10);
});

test("docs/faults.md has the words that `make test-faults` writes", () => {
  const frame = (text: string) => text.split("\n").filter((line) => !linesOf(text).includes(line));
  const [, on = ""] = /last on (\d{4}-\d\d-\d\d);/.exec(document) ?? [];
  expect(on).not.toBe("");
  expect(frame(document)).toEqual(
    frame(table([], limits, on)).filter((line, at, all) => line !== "" || all[at - 1] !== ""),
  );
});
