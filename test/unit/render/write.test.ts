import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../../../cli/render/table";
import { writeHosts } from "../../../cli/render/write";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nixmon-write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writing what was rendered", () => {
  test("makes a folder per host", () => {
    expect(writeHosts(folder, { a: { "host.json": "{}", "rules/x.yaml": "ü" } })).toEqual([
      { host: "a", files: ["host.json", "rules/x.yaml"], bytes: 4, changed: 2, removed: 0 },
    ]);
    expect(readFileSync(join(folder, "a/rules/x.yaml"), "utf8")).toBe("ü");
  });

  test("leaves alone what is equal already", () => {
    writeHosts(folder, { a: { "host.json": "{}" } });
    const before = statSync(join(folder, "a/host.json")).mtimeMs;
    expect(writeHosts(folder, { a: { "host.json": "{}" } })[0]?.changed).toBe(0);
    expect(statSync(join(folder, "a/host.json")).mtimeMs).toBe(before);
  });

  test("removes files and hosts that are gone, and says so", () => {
    writeHosts(folder, { a: { "host.json": "{}", "targets/b.json": "[]" }, b: { "host.json": "{}" } });
    const written = writeHosts(folder, { a: { "host.json": "{}" } });
    expect(written.map(({ host, removed }) => [host, removed])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect([existsSync(join(folder, "a/targets/b.json")), existsSync(join(folder, "b"))]).toEqual([false, false]);
  });

  test("touches no folder that holds other files", () => {
    writeFileSync(join(folder, "precious"), "x");
    expect(() => writeHosts(folder, { a: { "host.json": "{}" } })).toThrow(
      /holds files that render did not write; give another --out/,
    );
    expect(existsSync(join(folder, "precious"))).toBe(true);
  });
});

test("the table has a line per host, its columns aligned", () => {
  const hosts = [
    { host: "nixmon", files: ["a", "b"], bytes: 12_345, changed: 2, removed: 0 },
    { host: "b", files: [], bytes: 0, changed: 0, removed: 10 },
  ];
  expect(table(hosts)).toBe(
    [
      "host    files  bytes  changed  removed",
      "nixmon      2  12345        2        0",
      "b           0      0        0       10",
    ].join("\n"),
  );
});
