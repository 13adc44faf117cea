import { chainHolds, chainToEngine } from "../../../cli/push/engine";

type Processes = Record<number, { name: string; parent: number }>;

const processes: Processes = {
  40: { name: "node", parent: 30 },
  30: { name: "sh", parent: 20 },
  20: { name: "pulumi-resource", parent: 10 },
  10: { name: "pulumi", parent: 5 },
  5: { name: "bash", parent: 1 },
};
const reader = (all: Processes) => (pid: number) => all[pid];

test("the chain ends at the engine, not at its plugin and not at the shell that started it", () => {
  expect(chainToEngine(40, reader(processes))).toEqual([40, 30, 20, 10]);
});

test("without an engine there is no chain to watch", () => {
  const byHand = { 40: { name: "node", parent: 5 }, 5: { name: "bash", parent: 1 } };
  expect(chainToEngine(40, reader(byHand))).toBeUndefined();
});

test("the chain breaks when the engine is killed and its plugin is handed to init", () => {
  const killed = { ...processes, 20: { name: "pulumi-resource", parent: 1 } };
  expect(chainHolds([40, 30, 20, 10], reader(processes))).toBe(true);
  expect(chainHolds([40, 30, 20, 10], reader(killed))).toBe(false);
});

test("the shell that started the engine may go: that is nohup", () => {
  const detached = { ...processes, 10: { name: "pulumi", parent: 1 } };
  expect(chainHolds([40, 30, 20, 10], reader(detached))).toBe(true);
});
