// What the engine itself takes for the resources of `ours`: a component and two commands a host, each with as much input.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { local } = require("@pulumi/command");
const { ComponentResource } = require("@pulumi/pulumi");
const { RandomPassword } = require("@pulumi/random");

const wanted = JSON.parse(readFileSync(join(process.env.NIXMON_BENCH_WORK, "plan.json"), "utf8"));
new RandomPassword("token", { length: 48, special: false });
for (const { name } of wanted.hosts) {
  const parent = new ComponentResource("bench:Host", name);
  const quiet = { create: "true", logging: local.Logging.None, addPreviousOutputInEnv: false };
  const first = new local.Command(`${name}-secrets`, { ...quiet, stdin: "s".repeat(400) }, { parent });
  new local.Command(`${name}-apply`, { ...quiet, stdin: "d".repeat(2500) }, { parent, dependsOn: [first] });
}
