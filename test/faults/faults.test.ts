import { readFileSync, writeFileSync } from "node:fs";
import { stateOf as engineStateOf } from "../engine/proxmox";
import { must, root } from "../engine/sandbox";
import { type Bounded, expectBounded, startBounded } from "./bounded";
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
  secretsOf,
  stack,
  start,
  stateOf,
  unmake,
  type Wanted,
} from "./cluster";
import { hold, type Interruption, interruptions, isHeld, letGo, type Planted, planted, prepare, slow } from "./faults";
import { keyOf, line, linesOf, type Row, table } from "./table";

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
const oneOfTen = "one host of ten is bad: the other nine converge";
/** Hosts beside the two, for the run in which one of ten is bad. */
const eight = Array.from({ length: 8 }, (_, index) => `h${index + 1}`);
const withTen = choice === "all" || choice.split(",").includes("one-of-ten");

const withBounded = ["all", "third"].includes(choice) || choice.split(",").includes("bounded");
let bounded: Bounded;

const rows: Row[] = [];
/** Of the table's lines. */
const order = [...planted, ...interruptions]
  .flatMap(({ what }) => roles.map((role) => `${what} | ${role}`))
  .concat(`${oneOfTen} | exporter`);
let change = 0;
let secret = 0;
let target = 0;
const progress = (text: string) => process.stderr.write(`faults: ${text}\n`);

beforeAll(async () => {
  progress(`${chosen.length} planted faults on both hosts, ${struck.length} interruptions`);
  unmake([...Object.values(hostOf), ...eight]);
  if (withBounded) bounded = await startBounded();
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
  unmake([...Object.values(hostOf), ...eight]);
  if (withBounded) bounded.clear();
  if (choice === "third") return;
  // What was not tried now keeps its line.
  const file = `${root}/docs/faults.md`;
  const known = new Map([...linesOf(readFileSync(file, "utf8")), ...rows.map(line)].map((text) => [keyOf(text), text]));
  const lines = order.flatMap((key) => known.get(key) ?? []);
  if (rows.length > 0) writeFileSync(file, table(lines, limits, new Date().toISOString().slice(0, 10)));
});

/**
 * Watches a host until it has been as it should for 2 s, `run` is over, and it is later than `until`; gives the seconds from `since` until it was so, or undefined where
 * it is not within the confirm limit and 10 s.
 */
async function backAt(
  host: string,
  should: (state: HostState) => boolean,
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
    const same = should(stateOf(host));
    const now = Date.now();
    if (!same) back = 0;
    else if (back === 0) back = now;
    else if (over > 0 && now - back >= 2000 && now >= until) return Math.max(0, back - since) / 1000;
    if (over > 0 && back === 0 && now - Math.max(since, over) > (limits.confirm + 10) * 1000) return undefined;
    await new Promise((done) => setTimeout(done, 300));
  }
}

const asBefore = (before: HostState) => (state: HostState) => JSON.stringify(state) === JSON.stringify(before);
/** Wholly at the generation after that: nothing of the one before, and for good. */
const atNext = (before: HostState) => (state: HostState) =>
  generationOf(state) === generationOf(before) + 1 &&
  state.system !== before.system &&
  state.bootDefault === state.system &&
  !state.pending &&
  state.serves;
const generationOf = ({ generation }: HostState) => Number(generation.replace("generations/", ""));

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

/** Strikes as soon as the host holds the deployment at the chosen moment; not at all where that never comes. */
async function whenHeld(host: string, run: Promise<unknown>, strike: () => void): Promise<void> {
  let over = false;
  void run.then(() => {
    over = true;
  });
  while (!over && !isHeld(host)) await new Promise((done) => setTimeout(done, 100));
  if (!over) strike();
}

if (chosen.length > 0)
  test.each(chosen.map((fault): [string, Planted] => [fault.name, fault]))("%s", async (name, fault) => {
    const before = new Map(roles.map((role) => [role, stateOf(hostOf[role])]));
    change += 1;
    for (const role of roles) fault.plant(hostOf[role]);
    const failed = await deploy({ change, secret, target, limits: fault.limits ?? {} });
    const over = Date.now();
    const back = await Promise.all(
      roles.map((role) => backAt(hostOf[role], asBefore(before.get(role) as HostState), over, Promise.resolve())),
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
    await converges({ change, secret, target });
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
      const secretsBefore = secretsOf(host);
      change += 1;
      if (fault.moment?.changes === "secret") secret += 1;
      if (fault.moment?.changes === "target") target += 1;
      const wanted = { change, secret, target };
      let struckAt = 0;
      let back: Promise<number | undefined> = Promise.resolve(undefined);
      const strike = () => {
        struckAt = Date.now();
        fault.strike(host, deployment.kill);
        // Nobody is left to undo anything now: a timer that still runs must find nothing to do. A short run of the tests does not wait for it.
        const until = fault.killsEngine && choice !== "third" ? struckAt + (limits.confirm + 10) * 1000 : 0;
        const should = fault.leaves === "new" ? atNext(before) : asBefore(before);
        back = backAt(host, should, struckAt, deployment.ended, until);
      };
      if (fault.moment) hold(fault.moment.on(host), fault.moment.when(host));
      const deployment = start(wanted, (step) => {
        if (fault.moment || step.host !== host || struckAt > 0) return;
        prepare(fault, host, step.name);
        if (step.name === fault.at) strike();
      });
      if (fault.moment) await whenHeld(fault.moment.on(host), deployment.ended, strike);
      const failed = await deployment.ended;
      expect(struckAt).toBeGreaterThan(0);
      const seconds = await back;
      if (fault.moment) letGo(fault.moment.on(host));
      fault.clear(host);
      const said = errorOf(failed.output, host);
      const secretsAfter = secretsOf(host);
      progress(
        `${name}, ${role}: exit ${failed.code} after ${failed.seconds.toFixed(0)} s, back after ${seconds?.toFixed(1)} s`,
      );
      expect(failed.code).not.toBe(0);
      expect(seconds).toBeLessThanOrEqual(limits.confirm + 10);
      expect(failingChecks(host)).toEqual([]);
      if (fault.says) expect(said).toMatch(fault.says);
      await converges(wanted);
      const last = secretsOf(host);
      for (const [name, hash] of Object.entries(last)) {
        // Whole at each moment, the old one or the new one; and whoever reads it has the new one.
        expect([secretsBefore[name], hash]).toContain(secretsAfter[name]);
        expect(hash).toBe(last[name.split("/")[1] ?? name]);
      }
      if (fault.moment?.changes === "secret") expect(last).not.toEqual(secretsBefore);
      const { seconds: run, code } = failed;
      rows.push({
        name,
        what: fault.what,
        role,
        seconds,
        run,
        code,
        said: fault.killsEngine ? "" : said,
      });
    });
  });

if (withBounded)
  test("refused, black-holed, accepted and then silent, and hung hosts each fail within 60 s by one error", async () => {
    const ended = await bounded.ended;
    progress(`bounded: exit ${ended.code} after ${ended.seconds.toFixed(0)} s`);
    expectBounded(ended);
  });

if (withTen)
  test("one bad host of ten: the other nine converge", async () => {
    const all = [...Object.values(hostOf), ...eight];
    for (const host of eight) boot(host);
    const bad = "h4";
    const fault = planted.find(({ name }) => name === "service-fails") as Planted;
    change += 1;
    fault.plant(bad);
    const wanted = { change, secret, target, more: eight };
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
      what: oneOfTen,
      role: "exporter",
      seconds: 0,
      run,
      code,
      said,
    });
  });
