import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startUp } from "../faults/cluster";
import { changedConfig, eventually, onHost, root, up } from "./sandbox";

/** Two people, or a person and CI, deploy two stacks from one checkout at the same moment. */

afterAll(() => {
  for (const stack of ["fleet", "sandbox"]) up(stack);
});

/** The folders in which the pushes of this checkout meet the program of their run. */
function meetings(): string[] {
  const ours = (name: string) => {
    try {
      return readFileSync(join(tmpdir(), name, "script"), "utf8").trim() === `${root}/dist/cli/push.js`;
    } catch {
      return false; // gone, or not ready
    }
  };
  return readdirSync(tmpdir()).filter((name) => name.startsWith("nixmon-push-") && ours(name));
}

test("two runs at the same time deploy to their own hosts, each by its own program, and leave nothing behind", async () => {
  const scrape = (job: string) => [{ job, port: 20001 }];
  const own = (stack: string, host: string) =>
    changedConfig(stack, (config) =>
      Object.assign(config["nixmon:hosts"][host] ?? {}, { scrapes: scrape(`of-${host}`) }),
    );
  const runs = [startUp("sandbox", own("sandbox", "nixcloud")), startUp("fleet", own("fleet", "nixdev"))];
  const ended = Promise.all(runs.map((run) => run.ended));
  const seen = new Set<string>();
  let over = false;
  void ended.then(() => (over = true));
  while (!over) {
    for (const name of meetings()) seen.add(name);
    await new Promise((done) => setTimeout(done, 50));
  }
  for (const { code, output } of await ended) expect([code, output]).toEqual([0, expect.any(String)]);
  for (const [host, other] of [
    ["nixcloud", "nixdev"],
    ["nixdev", "nixcloud"],
  ]) {
    const manifest = onHost(host as string, "cat /etc/nixmon/manifest.json");
    expect(manifest).toContain(`of-${host}`);
    expect(manifest).not.toContain(`of-${other}`);
  }
  expect(seen.size).toBe(2);
  await eventually(10, meetings, (left) => left.length === 0);
});
