// What 50 hosts' targets do to one primary's sshd with its default limits (MaxStartups 10:30:100), over a line with latency.
const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Milliseconds on each way. */
const delay = 50;
const parallel = 16;

/** Times that the sshd of host 1 turned a connection away. */
const refusals = (state) => readFileSync(join(state, "hosts/1/log"), "utf8").split("past MaxStartups").length - 1;

function startRelay(address) {
  const relay = spawn("node", [join(__dirname, "relay.js"), String(delay), address, "22"]);
  return new Promise((done) => relay.stdout.once("data", (text) => done({ relay, port: Number(text) })));
}

/** `control` connections at once by plain ssh: that many are turned away without any care taken. */
async function plainSsh(count, port, key) {
  const words = [
    "-i",
    key,
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-p",
    port,
    "root@127.0.0.1",
    "true",
  ];
  const runs = Array.from({ length: count }, () => spawn("ssh", words.map(String), { stdio: "ignore" }));
  await Promise.all(runs.map((run) => new Promise((done) => run.once("close", done))));
}

/**
 * @param hosts how many hosts' targets
 * @param up runs the engine on a program with more environment, and returns the seconds
 */
async function latency({ hosts, address, hostKey, state, key, up }) {
  const { relay, port } = await startRelay(address);
  try {
    const connection = { host: "127.0.0.1", port, user: "root", hostKey };
    const before = refusals(state);
    const environment = { NIXMON_BENCH_HOSTS: String(hosts), NIXMON_BENCH_PRIMARY: JSON.stringify(connection) };
    const seconds = up("targets", ["--parallel", String(parallel)], environment);
    const refused = refusals(state) - before;
    await plainSsh(hosts, port, key);
    return { delay, parallel, hosts, seconds, refused, control: refusals(state) - before - refused };
  } finally {
    relay.kill();
  }
}

module.exports = { latency };
