// What the raw engine takes for the same work: two remote Commands a host, with the secret and the archive on stdin. No health gate beyond
// the check of the others, no way back, no confirmation; the limits are those that FACTS recommend for a host that is gone.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { gzipSync } = require("node:zlib");
const { remote } = require("@pulumi/command");
const { ComponentResource, secret } = require("@pulumi/pulumi");
const { RandomPassword } = require("@pulumi/random");

const work = process.env.NIXMON_BENCH_WORK;
const wanted = JSON.parse(readFileSync(join(work, "plan.json"), "utf8"));
const privateKey = secret(readFileSync(process.env.NIXMON_SSH_KEY, "utf8"));
const token = new RandomPassword("token", { length: 48, special: false, keepers: { rotation: `${wanted.rotation}` } });
const keep =
  "umask 077; mkdir -p /var/lib/bench && cat >/var/lib/bench/.token && mv /var/lib/bench/.token /var/lib/bench/token && systemctl try-restart node.service";

for (const { name, address, hostKey } of wanted.hosts) {
  const parent = new ComponentResource("bench:Host", name);
  const connection = { host: address, user: "root", privateKey, hostKey, dialErrorLimit: 3, perDialTimeout: 10 };
  const quiet = { connection, logging: remote.Logging.None, addPreviousOutputInEnv: false };
  const first = new remote.Command(
    `${name}-secrets`,
    { ...quiet, create: keep, update: keep, stdin: token.result },
    { parent },
  );
  const verify = `systemctl is-active node.service && curl -fsS http://${address}:9100/metrics | grep -q ^node_load1`;
  const push = `mkdir -p /etc/nixos/nixmon && base64 -d | tar -xzf - -C /etc/nixos/nixmon && nixos-rebuild switch && ${verify}`;
  const stdin = gzipSync(readFileSync(join(work, `${name}.tar`))).toString("base64");
  new remote.Command(`${name}-apply`, { ...quiet, create: push, update: push, stdin }, { parent, dependsOn: [first] });
}
