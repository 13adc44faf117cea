// `make bench-compare`: the same work by this project, pyinfra and Ansible on the hosts of ../hosts, side by side in one run on one machine.
// env: HOSTS (default 50), RUNS (default 5), TOOLS (a pattern of names, default all; with it the result is only printed), NIXMON_BENCH_VENV
// (made by venv.sh). Writes docs/benchmarks/compare.json.
const { execFileSync, spawnSync } = require("node:child_process");
const { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } = require("node:fs");
const { cpus, tmpdir, totalmem } = require("node:os");
const { join } = require("node:path");
const { describe, hostsScript, root, writeInventories } = require("./inventory");
const { latency } = require("./latency");

const count = Number(process.env.HOSTS ?? 50);
const runs = Number(process.env.RUNS ?? 5);
const venv = process.env.NIXMON_BENCH_VENV;
const state = process.env.NIXMON_BENCH ?? "/var/lib/nixmon-bench";
const work = join(root, "build/bench/work");
const log = join(root, "build/bench/compare.log");
const key = join(state, "id_ed25519");
const backend = join(state, "state");

const environment = {
  ...process.env,
  NIXMON_BENCH_WORK: work,
  NIXMON_SSH_KEY: key,
  // no secret: the state goes with the hosts
  PULUMI_CONFIG_PASSPHRASE: "bench",
  PULUMI_BACKEND_URL: `file://${backend}`,
  ANSIBLE_FORKS: "50",
  ANSIBLE_PIPELINING: "True",
  ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${work}/known_hosts`,
};

function say(text) {
  process.stderr.write(`bench: ${text}\n`);
}

/** Wall seconds of a program that must succeed. */
function seconds(words, more = {}) {
  const begin = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(words[0], words.slice(1), {
    env: { ...environment, ...more },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const took = Number(process.hrtime.bigint() - begin) / 1e9;
  appendFileSync(log, `\n$ ${words.join(" ")}\n${stdout}${stderr}`);
  if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}; see ${log}`);
  return took;
}

const up = (program) => {
  const folder = join(root, "test/bench/programs", program);
  return ["pulumi", "up", "--cwd", folder, "--stack", "dev", "--yes", "--skip-preview", "--non-interactive"];
};
const pyinfra = [join(venv, "bin/pyinfra"), "-y", join(work, "pyinfra.py"), join(__dirname, "pyinfra_deploy.py")];
const ansible = [join(venv, "bin/ansible-playbook"), "-i", join(work, "ansible.yaml"), join(__dirname, "ansible.yaml")];
// each run opens its own connections: nobody runs it again within the minute that they persist
const playbook = (...words) =>
  seconds([...ansible, ...words], { ANSIBLE_SSH_CONTROL_PATH_DIR: mkdtempSync(join(tmpdir(), "ansible-")) });

const tools = {
  ours: () => seconds(up("ours")),
  "engine alone": () => seconds(up("raw")),
  "engine, remote Commands": () => seconds(up("commands")),
  pyinfra: () => seconds(pyinfra),
  "pyinfra, one archive": () => seconds(pyinfra, { NIXMON_BENCH_ARCHIVE: "1" }),
  "Ansible, one archive": () => playbook("-e", '{"archive": true}'),
};

const chosen = Object.entries(tools).filter(([tool]) => new RegExp(process.env.TOOLS || ".").test(tool));

/** Hosts as on their first day, and no state. */
function fresh(hosts) {
  execFileSync(hostsScript, ["down"]);
  execFileSync(hostsScript, ["up", "1", `${hosts}`]);
  mkdirSync(backend, { recursive: true });
  for (const program of ["ours", "raw", "commands", "targets"]) {
    const folder = join(root, "test/bench/programs", program);
    seconds(["pulumi", "stack", "select", "--cwd", folder, "--create", "--non-interactive", "dev"]);
  }
}

const connections = () => Number(execFileSync(hostsScript, ["connections"], { encoding: "utf8" }));

/** Ansible, which takes as long as the rest together, runs once: three runs differed by 4 % at most. */
const runsOf = (tool) => (tool.startsWith("Ansible") ? 1 : runs);

function measure(tool, once) {
  const found = { first: [], unchanged: [], one: [], rotate: [], connections: {} };
  for (let run = 1; run <= runsOf(tool); run++) {
    say(`${tool}: run ${run} of ${runsOf(tool)}`);
    fresh(count);
    const step = (name, what) => {
      writeInventories(work, describe(count, what), key);
      const before = connections();
      found[name].push(once());
      found.connections[name] = connections() - before;
    };
    step("first", { rotation: 1 });
    step("unchanged", { rotation: 1 });
    step("one", { rotation: 1, changed: [count] });
    step("rotate", { rotation: 2, changed: [count] });
  }
  return found;
}

/** Ansible as most people write it copies the folder file by file: half a minute a host, so a few of them have to do, once. */
function fileByFile(hosts) {
  const once = (tool, go) => {
    say(`${tool} beside Ansible file by file, ${hosts} hosts`);
    fresh(hosts);
    writeInventories(work, describe(hosts, { rotation: 1 }), key);
    return { first: go(), unchanged: go() };
  };
  return { hosts, ours: once("ours", tools.ours), ansible: once("Ansible", playbook) };
}

/** What a change of one host costs, and how long the state is, by the number of hosts. */
function scale(hosts) {
  say(`ours with ${hosts} hosts`);
  fresh(hosts);
  const go = (changed) => {
    writeInventories(work, describe(hosts, { changed }), key);
    return tools.ours();
  };
  go([]);
  const bytes = statSync(join(backend, ".pulumi/stacks/ours/dev.json")).size;
  const rounds = Array.from({ length: runs }, (_, round) => {
    // back and forth, so that each round changes one host
    const changed = round % 2 === 0 ? [hosts] : [];
    const one = go(changed);
    return { one, unchanged: go(changed) };
  });
  return { hosts, bytes, one: rounds.map((round) => round.one), unchanged: rounds.map((round) => round.unchanged) };
}

/** The targets of all hosts put before one primary over a slow line. */
function overSlowLine() {
  say("targets over a line with latency");
  fresh(1);
  const [{ address, hostKey }] = describe(1).hosts;
  const go = (program, words, more) => seconds([...up(program), ...words], more);
  return latency({ hosts: count, address, hostKey, state, key, up: go });
}

async function main() {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeFileSync(log, "");
  const machine = `${cpus()[0].model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const results = { hosts: count, runs, machine, date: new Date().toISOString().slice(0, 10) };
  const save = () => {
    const json = `${JSON.stringify(results, null, 2)}\n`;
    if (process.env.TOOLS) return process.stdout.write(json);
    return writeFileSync(join(root, "docs/benchmarks/compare.json"), json);
  };
  try {
    if (!process.env.TOOLS) {
      results.latency = await overSlowLine();
      results.scale = [...new Set([5, 20, count])].map(scale);
      results.fileByFile = fileByFile(5);
    }
    results.tools = {};
    for (const [tool, once] of chosen) {
      results.tools[tool] = measure(tool, once);
      // what was measured is kept also where a later tool fails
      save();
    }
  } finally {
    execFileSync(hostsScript, ["down"]);
  }
  say("what the tools printed is in build/bench/compare.log");
}

main();
