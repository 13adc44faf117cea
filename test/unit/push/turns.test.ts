import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inTurn } from "../../../cli/push/turns";

const outer = mkdtempSync(join(tmpdir(), "turns-"));
const folder = join(outer, "turns");
afterAll(() => rmSync(outer, { recursive: true, force: true }));

/** Starts `count` works at once and says how many were at it at the same time at most. */
async function most(count: number, address: (number: number) => string): Promise<number> {
  let [now, peak] = [0, 0];
  const work = async () => {
    peak = Math.max(peak, ++now);
    await sleep(30);
    now--;
  };
  await Promise.all(Array.from({ length: count }, (_, number) => inTurn(address(number), work, folder)));
  return peak;
}

test("eight at a time reach one address, and all get their turn", async () => {
  expect(await most(20, () => "10.0.0.1")).toBe(8);
});

test("control: different addresses do not wait for each other", async () => {
  expect(await most(20, (number) => `10.0.1.${number}`)).toBe(20);
});

test("nothing is left behind, also by work that fails", async () => {
  await expect(inTurn("fe80::1%eth0", () => Promise.reject(new Error("no")), folder)).rejects.toThrow("no");
  expect(readdirSync(outer)).toEqual([]);
});

test("the place of a process that was killed is taken", async () => {
  const dead = spawnSync("node", ["-e", "process.stdout.write(String(process.pid))"], { encoding: "utf8" }).stdout;
  mkdirSync(join(folder, "10.0.0.2"), { recursive: true });
  for (let number = 0; number < 8; number++) writeFileSync(join(folder, "10.0.0.2", String(number)), dead);
  expect(await inTurn("10.0.0.2", async () => "done", folder)).toBe("done");
});

test("where no folder can be made nobody waits", async () => {
  expect(await inTurn("10.0.0.3", async () => "done", "/dev/null/turns")).toBe("done");
});
