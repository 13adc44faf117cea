import { writeFileSync } from "node:fs";
import { stateOf as engineStateOf } from "../engine/proxmox";
import { must, root } from "../engine/sandbox";
import {
  boot,
  type Deployed,
  deploy,
  errorOf,
  failingChecks,
  type HostState,
  hostOf,
  limits,
  makeStack,
  type Role,
  stack,
  start,
  stateOf,
  unmake,
  type Wanted,
} from "./cluster";
import { type Interruption, interruptions, type Planted, planted, prepare, slow } from "./faults";
import { type Row, table } from "./table";

/** What to try: `all`, `third`, or names of faults with commas between. */
const choice = process.env.NIXMON_FAULTS ?? "all";
const roles: readonly Role[] = ["primary", "exporter"];
const chosen = planted.filter(
  ({ name, third }) => choice === "all" || choice.split(",").includes(name) || (choice === "third" && third),
);
const struck = interruptions.flatMap((fault) =>
  roles
    .filter(
      (role) =>
        choice === "all" ||
        choice.split(",").includes(fault.name) ||
        (choice === "third" && fault.third?.includes(role)),
    )
    .map((role): [string, Role, Interruption] => [fault.name, role, fault]),
);
/** Hosts beside the two, for the run in which one of ten is bad. */
const eight = Array.from({ length: 8 }, (_, index) => `h${index + 1}`);
const withTen = choice === "all" || choice.split(",").includes("one-of-ten");

const rows: Row[] = [];
/** Of the table's rows. */
const order = [...planted, ...interruptions].map(({ name }) => name).concat("one-of-ten");
let change = 0;
const progress = (text: string) => process.stderr.write(`faults: ${text}\n`);

beforeAll(async () => {
  progress(`${chosen.length} planted faults on both hosts, ${struck.length} interruptions`);
  unmake(eight);
  for (const host of Object.values(hostOf)) boot(host);
  makeStack();
  const first = await deploy({ change });
  expect(first).toMatchObject({ code: 0 });
  // hosts that exist already need no Proxmox: not even a provider for it; control: their pushes are there
  const types = engineStateOf(stack).map(({ type }) => type);
  expect(types.filter((type) => type.includes("proxmoxve"))).toEqual([]);
  expect(types).toContain("command:local:Command");
});

afterAll(() => {
  unmake(eight);
  // All rows of the table are of one run.
  const sorted = order.flatMap((name) => rows.filter((row) => row.name === name));
  const whole = 2 * (planted.length + interruptions.length) + 1;
  if (sorted.length === whole)
    writeFileSync(`${root}/docs/faults.md`, table(sorted, limits, new Date().toISOString().slice(0, 10)));
});

/**
 * Watches a host until it has been as `before` for 2 s, `run` is over, and it is later than `until`; gives the seconds from `since` until it was so, or undefined where
 * it is not within the confirm limit and 10 s.
 */
async function backAt(
  host: string,
  before: HostState,
  since: number,
  run: Promise<unknown>,
  until = 0,
): Promise<number | undefined> {
  let over = 0;
  void run.then(() => {
    over = Date.now();
  });
  let back = 0;
  for (;;) {
    const same = JSON.stringify(stateOf(host)) === JSON.stringify(before);
    const now = Date.now();
    if (!same) back = 0;
    else if (back === 0) back = now;
    else if (over > 0 && now - back >= 2000 && now >= until) return Math.max(0, back - since) / 1000;
    if (over > 0 && back === 0 && now - Math.max(since, over) > (limits.confirm + 10) * 1000) return undefined;
    await new Promise((done) => setTimeout(done, 300));
  }
}

/** After the fault: the next run converges, the one after changes nothing. The first is the control, too: the same change, without the fault. */
async function converges(wanted: Wanted): Promise<Deployed> {
  // As `make up` does: an engine that was killed has left its lock.
  must(["node", "dist/cli/heal.js", "--stack", stack]);
  const next = await deploy(wanted);
  expect(next).toMatchObject({ code: 0 });
  expect(next.changes).toBeGreaterThan(0);
  const after = await deploy(wanted);
  expect(after).toMatchObject({ code: 0, changes: 0 });
  return next;
}

if (chosen.length > 0)
  test.each(chosen.map((fault): [string, Planted] => [fault.name, fault]))("%s", async (name, fault) => {
    const before = new Map(roles.map((role) => [role, stateOf(hostOf[role])]));
    change += 1;
    for (const role of roles) fault.plant(hostOf[role]);
    const failed = await deploy({ change, limits: fault.limits ?? {} });
    const over = Date.now();
    const back = await Promise.all(
      roles.map((role) => backAt(hostOf[role], before.get(role) as HostState, over, Promise.resolve())),
    );
    const failing = roles.map((role) => failingChecks(hostOf[role]));
    for (const role of roles) fault.clear(hostOf[role]);
    for (const [index, role] of roles.entries()) {
      progress(
        `${name}, ${role}: exit ${failed.code} after ${failed.seconds.toFixed(0)} s, back after ${back[index]?.toFixed(1)} s`,
      );
    }
    expect(failed.code).not.toBe(0);
    expect(back).toEqual([expect.any(Number), expect.any(Number)]);
    expect(failing).toEqual([[], []]);
    for (const role of roles) {
      const said = errorOf(failed.output, hostOf[role]);
      const { step, says } = fault.expected[role];
      expect(said).toMatch(new RegExp(`\\bstep ${step}\\b`));
      expect(said).toMatch(says);
      expect(said).toMatch(/runs generation \d|old configuration, generation \d/);
    }
    await converges({ change });
    // Only what held in every respect gets into the table.
    const { seconds: run, code } = failed;
    for (const [index, role] of roles.entries()) {
      rows.push({
        name,
        what: fault.what,
        role,
        seconds: back[index],
        run,
        code,
        said: errorOf(failed.output, hostOf[role]),
      });
    }
  });

if (struck.length > 0)
  describe("interrupted", () => {
    beforeAll(async () => {
      for (const role of roles) slow.plant(hostOf[role]);
    });
    afterAll(() => {
      for (const role of roles) slow.clear(hostOf[role]);
    });

    test.each(struck)("%s (%s)", async (name, role, fault) => {
      const host = hostOf[role];
      const before = stateOf(host);
      change += 1;
      let struckAt = 0;
      let back: Promise<number | undefined> = Promise.resolve(undefined);
      const deployment = start({ change }, (step) => {
        if (step.host !== host || struckAt > 0) return;
        prepare(fault, host, step.name);
        if (step.name !== fault.at) return;
        struckAt = Date.now();
        fault.strike(host, deployment.kill);
        // Nobody is left to undo anything now: a timer that still runs must find nothing to do. A short run of the tests does not wait for it.
        const until = fault.killsEngine && choice === "all" ? struckAt + (limits.confirm + 10) * 1000 : 0;
        back = backAt(host, before, struckAt, deployment.ended, until);
      });
      const failed = await deployment.ended;
      expect(struckAt).toBeGreaterThan(0);
      const seconds = await back;
      fault.clear(host);
      const said = errorOf(failed.output, host);
      progress(
        `${name}, ${role}: exit ${failed.code} after ${failed.seconds.toFixed(0)} s, back after ${seconds?.toFixed(1)} s`,
      );
      expect(failed.code).not.toBe(0);
      expect(seconds).toBeLessThanOrEqual(limits.confirm + 10);
      expect(failingChecks(host)).toEqual([]);
      if (fault.says) expect(said).toMatch(fault.says);
      await converges({ change });
      const { seconds: run, code } = failed;
      rows.push({ name, what: fault.what, role, seconds, run, code, said: fault.killsEngine ? "" : said });
    });
  });

if (withTen)
  test("one bad host of ten: the other nine converge", async () => {
    const all = [...Object.values(hostOf), ...eight];
    for (const host of eight) boot(host);
    const bad = "h4";
    const fault = planted.find(({ name }) => name === "service-fails") as Planted;
    change += 1;
    fault.plant(bad);
    const wanted = { change, more: eight };
    const failed = await deploy(wanted);
    const serving = all.filter((host) => stateOf(host).serves && stateOf(host).generation !== "generations/0");
    fault.clear(bad);
    const said = errorOf(failed.output, bad);
    progress(
      `one-of-ten: exit ${failed.code} after ${failed.seconds.toFixed(0)} s, ${serving.length} of ten converged`,
    );
    expect(failed.code).not.toBe(0);
    expect(said).toMatch(/step gate: unit prometheus-node-exporter\.service/);
    expect(serving).toEqual(all.filter((host) => host !== bad));
    await converges(wanted);
    const { seconds: run, code } = failed;
    rows.push({
      name: "one-of-ten",
      what: "one host of ten is bad: the other nine converge",
      role: "exporter",
      seconds: 0,
      run,
      code,
      said,
    });
  });
