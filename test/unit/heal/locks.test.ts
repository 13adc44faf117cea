import { allAreLeftovers, readLock } from "../../../cli/heal/locks";

const here = { hostname: "desk", engineRuns: (pid: number) => pid === 7 };
const dead = { pid: 5, hostname: "desk" };

test("a lock as the engine writes it is read", () => {
  const text = '{"pid":91737,"username":"root","hostname":"vm","timestamp":"2026-11-24T13:08:03.639476901Z"}';
  expect(readLock(text)).toMatchObject({ pid: 91737, hostname: "vm" });
});

test.each(["", "{}", '{"pid":"5","hostname":"desk"}'])("%j is no lock", (text) => {
  expect(readLock(text)).toBeUndefined();
});

test("a lock of an engine of this machine that is dead is left over", () => {
  expect(allAreLeftovers([dead], here)).toBe(true);
});

test.each<[string, Parameters<typeof allAreLeftovers>[0]]>([
  ["an engine that runs", [{ pid: 7, hostname: "desk" }]],
  ["another machine", [{ pid: 5, hostname: "laptop" }]],
  ["nobody knows whom", [undefined]],
  ["a dead engine and one that runs", [dead, { pid: 7, hostname: "desk" }]],
  ["nobody, since there is none", []],
])("a lock of %s is left alone", (_, locks) => {
  expect(allAreLeftovers(locks, here)).toBe(false);
});
