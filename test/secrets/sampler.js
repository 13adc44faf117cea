// Writes down what `ps` would show while something runs: sampler.js FILE MILLISECONDS. One line of JSON for each new command line or
// environment of any process, those in the sandbox's hosts included. The file is for its owner alone.
const { openSync, readdirSync, readFileSync, writeSync } = require("node:fs");

const [file, every] = process.argv.slice(2);
const log = openSync(file, "a", 0o600);
const seen = new Set();

function read(pid, what) {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "latin1").split("\0");
  } catch {
    return []; // ended meanwhile
  }
}

function sample() {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const command = read(pid, "cmdline");
    const key = `${pid} ${command.join(" ")}`;
    if (command.length === 0 || seen.has(key)) continue;
    seen.add(key);
    writeSync(log, `${JSON.stringify({ pid, command, environment: read(pid, "environ") })}\n`);
  }
}

setInterval(sample, Number(every));
sample();
