import { type Fault, faults } from "./doctorFaults";
import { activeTargets, changedConfig, eventually, must, onHost, run, samples, up } from "./sandbox";

interface Check {
  key: string;
  ok: boolean;
  explainedBy?: string;
  type?: string[];
}
interface Report {
  findings: number;
  checks: Check[];
}

function doctor(...words: string[]) {
  const ended = run(["node", "dist/cli/doctor.js", "--stack", "sandbox", "--json", ...words]);
  const report = JSON.parse(ended.stdout) as Report;
  const causes = report.checks.filter((check) => !check.ok && check.explainedBy === undefined);
  return { code: ended.code, report, causes, keys: causes.map(({ key }) => key).sort() };
}

/** What doctor says when nothing is wrong. */
const well = { code: 0, keys: [] as string[] };

/** Targets of the sandbox when all is well. */
let targets = 0;

/** Prometheus looks every 15 s: until then it still tells of the last fault. */
async function healed(): Promise<void> {
  await eventually(60, activeTargets, (all) => all.length >= targets && all.every(({ health }) => health === "up"));
  await eventually(
    60,
    () => samples("probe_success == 0"),
    (failed) => failed.length === 0,
  );
}

beforeAll(async () => {
  targets = Object.values(scrapeTargets()).flat().length;
  await healed();
});

function scrapeTargets(): Record<string, unknown[]> {
  return JSON.parse(must(["pulumi", "stack", "output", "--json", "--stack", "sandbox", "scrapeTargets"]).stdout);
}

test("control: nothing is wrong with the sandbox, and it says what it looked at", () => {
  const { code, keys, report } = doctor();
  expect({ code, keys }).toEqual(well);
  const looked = report.checks.map(({ key }) => key);
  expect(looked).toEqual(
    expect.arrayContaining(["reach/nixio", "unit/nixio/postgres", "logs/nixcloud", "oauth", "identity", "proxmox"]),
  );
  expect(looked).toEqual(expect.arrayContaining(["target/nixdev/node", "certificate/grafana.sandbox.test", "rules"]));
});

// `make test-doctor` makes each fault alone; here those of a group are made at once, to cost seconds and not minutes
const rounds: [string, Fault[]][] = process.env.NIXMON_DOCTOR_EACH
  ? faults.map((fault) => [fault.name, [fault]])
  : [...new Set(faults.map(({ group }) => group))].map((group) => {
      const together = faults.filter((fault) => fault.group === group);
      return [together.map(({ name }) => name).join("; "), together];
    });

test.each(rounds)("named rightly, and nothing else is reported: %s", async (_, planted) => {
  const done: Fault[] = [];
  try {
    for (const fault of planted) {
      done.push(fault);
      fault.plant();
    }
    for (const fault of planted) await fault.shows?.();
    const wanted = planted.flatMap(({ findings }) => findings).sort();
    const { code, keys, causes } = doctor();
    expect(keys).toEqual(wanted);
    expect(code).toBe(keys.length);
    for (const { findings, says } of planted) {
      const said = JSON.stringify(causes.filter(({ key }) => findings.includes(key)));
      for (const words of says) expect(said).toMatch(words);
    }
  } finally {
    for (const fault of done.reverse()) fault.heal();
    await healed();
  }
  // while Loki was out of its reach, Alloy's pauses grew to 30 s
  const after = await eventually(45, doctor, ({ keys }) => keys.length === 0);
  expect(after).toMatchObject(well);
});

test.each([
  ["doctor", 101],
  ["status", 1],
  ["restore", 1],
  ["dashboards-preview", 1],
])("%s says in one line that there is no such stack, and what to type", (cli, code) => {
  const more = cli === "restore" ? ["--host", "nixio"] : [];
  const ended = run(["node", `dist/cli/${cli}.js`, "--stack", "sandbux", ...more]);
  expect([ended.code, ended.stdout]).toEqual([code, ""]);
  expect(ended.stderr).toMatch(
    /^stack sandbux: its state cannot be read: no stack named 'sandbux' found; `pulumi stack ls` .*\n$/,
  );
});

test("restore names the hosts there are, and prints nothing that is for machines", () => {
  const restore = (host: string) => run(["node", "dist/cli/restore.js", "--stack", "sandbox", "--host", host]);
  const unknown = { code: 1, stdout: "", stderr: expect.stringMatching(/want HOST=x .*: nixcloud, nixio, nixmon\n$/) };
  expect(restore("nixoi")).toMatchObject(unknown);
  expect(restore("")).toMatchObject(unknown);
  const done = restore("nixio");
  expect(done.code).toBe(0);
  expect(done.stdout).toBe("\nnixio: apply, targets are as the stack deployed them\n");
});

test("--host looks at one host, and refuses one that the stack does not have", () => {
  const { report } = doctor("--host", "nixio");
  expect(new Set(report.checks.map(({ key }) => key.split("/")[1]))).toContain("nixio");
  expect(report.checks.some(({ key }) => key === "reach/nixcloud")).toBe(false);
  const ended = run(["node", "dist/cli/doctor.js", "--stack", "sandbox", "--host", "nixoi"]);
  expect(ended.code).toBe(101);
  expect(ended.stderr).toContain("--host: got nixoi, want a host of stack sandbox: ");
});

describe("after a deployment that failed on one host", () => {
  const link = "/etc/nixos/nixmon";

  /** A change to one host, which refuses it. */
  function fails(stack: string, host: string): void {
    onHost(host, `rm ${link} && mkdir ${link} && echo '{ foreign = 1; }' >${link}/default.nix`);
    const config = changedConfig(stack, (values) => {
      Object.assign(values["nixmon:hosts"][host] ?? {}, { scrapes: [{ job: "own", port: 20001 }] });
    });
    const { errors } = up(stack, config);
    onHost(host, `rm -r ${link} && ln -s /var/lib/nixmon/current ${link}`);
    expect(errors).toContain(`cannot link ${link}`);
  }
  const status = () => run(["node", "dist/cli/status.js", "--stack", "sandbox", "--json"]);

  afterAll(() => {
    for (const stack of ["fleet", "sandbox"]) up(stack);
  });

  test("doctor and status still look at every host, that one included", () => {
    fails("sandbox", "nixcloud");
    const { code, keys, report } = doctor();
    expect({ code, keys }).toEqual(well);
    expect(report.checks.map(({ key }) => key)).toContain("target/nixcloud/node");
    const told = status();
    expect(told.code).toBe(0);
    expect(JSON.parse(told.stdout)).toMatchObject({ expected: targets, down: 0 });
    expect(up("sandbox").errors).toBe("");
  });

  test("a primary of another stack goes on to scrape it as before", () => {
    fails("fleet", "nixdev");
    const ended = up("sandbox");
    expect(ended.errors).toBe("");
    expect(ended.stdout).toContain("nixdev of organization/nixmon/fleet: its last deployment failed");
    expect(ended.changes).toMatchObject({ create: 0, update: 0, delete: 0, replace: 0 });
    expect(doctor()).toMatchObject(well);
  });
});

test("no secret and no unsalted hash of one is in what doctor prints", () => {
  const { stdout, stderr } = run(["node", "dist/cli/doctor.js", "--stack", "sandbox", "--json"]);
  const state = must(["pulumi", "stack", "export", "--stack", "sandbox", "--show-secrets"]).stdout;
  const values = [...state.matchAll(/"plaintext": "\\"([A-Za-z0-9]{48})\\""/g)].map(([, value]) => value ?? "");
  expect(values.length).toBeGreaterThan(0);
  for (const value of values) expect(stdout + stderr).not.toContain(value);
  expect(stdout + stderr).not.toMatch(/\b[0-9a-f]{64}\b/);
});
