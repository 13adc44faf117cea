// The hosts of NIXMON_BENCH_WORK/plan.json, each with its configuration and one secret, by the components that users import.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { ExporterHost } = require("../../../../dist/components");
const { RandomPassword } = require("@pulumi/random");
const { planOf } = require("../../compare/inventory");

const wanted = JSON.parse(readFileSync(join(process.env.NIXMON_BENCH_WORK, "plan.json"), "utf8"));
const plan = planOf(wanted);
const token = new RandomPassword("token", { length: 48, special: false, keepers: { rotation: `${wanted.rotation}` } });
for (const { name, hostKey } of wanted.hosts) {
  const data = { ...plan.hosts[name], secrets: [{ key: "BENCH/TOKEN", consumers: ["node.service"] }] };
  const machine = { type: "existing" };
  new ExporterHost(name, { data, machine, ssh: { hostKey }, secrets: { "BENCH/TOKEN": token.result } });
}
