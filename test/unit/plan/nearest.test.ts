import { nearest } from "../../../plan/nearest";

const names = ["HighCPUUsage", "HighLoad", "HighMemoryUsage", "hosts", "address", "lan", "postgresDatabases"];

test.each([
  ["HighMemoryUsag", "HighMemoryUsage"],
  ["highmemoryusage", "HighMemoryUsage"],
  ["HighMemroyUsage", "HighMemoryUsage"],
  ["HighCPU", undefined],
  ["HighCPUUse", "HighCPUUsage"],
  ["hostz", "hosts"],
  ["adress", "address"],
  ["postgresDatabase", "postgresDatabases"],
  ["wan", "lan"],
  ["lna", undefined],
  ["addresss", "address"],
  ["something", undefined],
  ["", undefined],
])("%j may mean %j", (given, meant) => {
  expect(nearest(given, names)).toBe(meant);
});

test("of several that are as near the first is taken", () => {
  expect(nearest("hosta", ["hosts", "hostb"])).toBe("hosts");
});
