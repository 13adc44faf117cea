const { execFileSync } = require("node:child_process");
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");

const root = resolve(__dirname, "../../..");
const { planCluster } = require(join(root, "dist/components"));
const { hostPayload } = require(join(root, "dist/cli/push/payload"));
const hostsScript = join(root, "test/bench/hosts/hosts.sh");

/** What all tools are told of the hosts `1..count`; `changed` hosts get one more scrape, `rotation` makes another secret. */
function describe(count, { changed = [], rotation = 1 } = {}) {
  const hosts = Array.from({ length: count }, (_, index) => {
    const number = `${index + 1}`;
    const ask = (what) => execFileSync(hostsScript, [what, number], { encoding: "utf8" }).trim();
    const scrapes = changed.includes(index + 1) ? [{ job: "extra", port: 9999, path: "/metrics", scheme: "http" }] : [];
    return { name: `h${number}`, address: ask("address"), hostKey: ask("key"), scrapes };
  });
  return { primaryAddress: "10.231.78.1", lan: "10.231.78.0/24", rotation, hosts };
}

/** The plan of these hosts; each is its own machine that exists and has the node exporter only. */
function planOf(wanted) {
  return planCluster(
    {
      name: "bench",
      domain: "bench.test",
      allocations: { monitoringPrimaryHost: "primary" },
      externalPrimaryAddress: wanted.primaryAddress,
      lan: [wanted.lan],
      monitoring: {},
      hosts: wanted.hosts.map(({ name, address, scrapes }) => ({
        name,
        address,
        virtualHosts: {},
        postgresDatabases: [],
        redisInstances: {},
        monitoring: { logs: { enable: false } },
        scrapes,
      })),
    },
    { rules: {} },
  );
}

/** Writes into `work` what the tools read: `plan.json` for ours, a folder and an archive a host and inventories for the others. */
function writeInventories(work, wanted, key) {
  const plan = planOf(wanted);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const write = (file, text) => writeFileSync(join(work, file), text);
  for (const { name } of wanted.hosts) {
    for (const file of hostPayload(plan.hosts[name]).files) {
      mkdirSync(dirname(join(work, name, file.path)), { recursive: true });
      write(join(name, file.path), file.content);
    }
    execFileSync("tar", ["-cf", join(work, `${name}.tar`), "--sort=name", "--mtime=@0", "-C", join(work, name), "."]);
  }
  write("plan.json", JSON.stringify(wanted));
  write("token", `token of rotation ${wanted.rotation}`);
  write("known_hosts", wanted.hosts.map(({ address, hostKey }) => `${address} ${hostKey}\n`).join(""));
  const vars = `  vars:\n    ansible_user: root\n    ansible_python_interpreter: /usr/bin/python3\n    ansible_ssh_private_key_file: ${key}\n    work: ${work}\n`;
  const lines = wanted.hosts.map(({ name, address }) => `    ${name}: { ansible_host: ${address} }\n`);
  write("ansible.yaml", `all:\n  hosts:\n${lines.join("")}${vars}`);
  const ssh = `"ssh_user": "root", "ssh_key": "${key}", "ssh_known_hosts_file": "${work}/known_hosts", "ssh_strict_host_key_checking": "yes"`;
  const tuples = wanted.hosts.map(
    ({ name, address }) => `    ("${name}", {"ssh_hostname": "${address}", "address": "${address}", ${ssh}}),\n`,
  );
  write("pyinfra.py", `hosts = [\n${tuples.join("")}]\n`);
}

module.exports = { describe, hostsScript, planOf, root, writeInventories };
