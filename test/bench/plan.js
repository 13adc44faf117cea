// `make bench-plan`: planning and rendering 1,000 hosts with all exporters, and the checks of 200 hosts with 500 rules. Prints and writes
// docs/benchmarks/plan.json. env: HOSTS (default 1000), RUNS (default 5).
const { execFileSync } = require("node:child_process");
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");

const root = resolve(__dirname, "../..");
const { planCluster } = require(join(root, "dist/plan"));
const { readContent } = require(join(root, "dist/stacks/content"));
const { hostPayload } = require(join(root, "dist/cli/push/payload"));
const { renderedHosts } = require(join(root, "dist/cli/render/files"));
const { readDashboards } = require(join(root, "dist/cli/render/dashboards"));

function host(index) {
  const name = `h${index}`;
  return {
    name,
    address: `10.${10 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
    virtualHosts: { [`${name}.example.net`]: { upstream: `${name}.internal:80`, access: "public" } },
    postgresDatabases: ["app"],
    redisInstances: { cache: { port: 6379 } },
    monitoring: { exporters: { caddy: { enable: true }, postgres: { enable: true }, redis: { enable: true } } },
    scrapes: [{ job: "app", port: 8080, path: "/metrics", scheme: "http" }],
  };
}

function cluster(count) {
  return {
    name: "bench",
    domain: "example.net",
    allocations: { monitoringPrimaryHost: "h1", ioPrimaryHost: "h2", identityHost: "h3" },
    lan: ["10.0.0.0/8"],
    monitoring: {},
    proxmox: { host: "pve.example.net", port: 8006, verifyTls: true },
    hosts: Array.from({ length: count }, (_, index) => host(index + 1)),
  };
}

/** One whole plan in a process of its own, so that memory is this one's: seconds and MB. */
function child(count) {
  const begin = process.hrtime.bigint();
  const plan = planCluster(cluster(count), readContent());
  if (plan.errors.length > 0) throw new Error(JSON.stringify(plan.errors[0]));
  const files = renderedHosts(plan, readDashboards(root));
  const hashes = Object.values(plan.hosts).map((data) => hostPayload(data).hash);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ seconds, megabytes, hosts: Object.keys(files).length, hashes: hashes.length }));
}

/** 500 rules and 200 hosts: our own validation, then promtool and amtool on what came of it; seconds. */
function checks() {
  const content = readContent();
  const rule = (index) => ({
    alert: `Bench${index}`,
    expr: `up{job="app"} < ${index}`,
    for: "5m",
    labels: { severity: "info" },
  });
  const rules = Array.from({ length: 500 }, (_, index) => rule(index));
  const folder = mkdtempSync(join(tmpdir(), "nixmon-bench-"));
  const begin = process.hrtime.bigint();
  const plan = planCluster(cluster(200), {
    ...content,
    rules: { "bench.yaml": { groups: [{ name: "bench", rules }] } },
  });
  if (plan.errors.length > 0) throw new Error(JSON.stringify(plan.errors[0]));
  const { collector } = plan.hosts.h1;
  const write = (file, data) => writeFileSync(join(folder, file), JSON.stringify(data));
  write("rules.yaml", collector.rules["bench.yaml"]);
  write("prometheus.yml", collector.prometheus);
  write("alertmanager.yml", collector.alertmanager);
  execFileSync("promtool", ["check", "rules", join(folder, "rules.yaml")]);
  execFileSync("promtool", ["check", "config", "--syntax-only", join(folder, "prometheus.yml")]);
  execFileSync("amtool", ["check-config", join(folder, "alertmanager.yml")]);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  rmSync(folder, { recursive: true });
  return seconds;
}

if (process.argv[2] === "child") {
  child(Number(process.argv[3]));
} else {
  const count = Number(process.env.HOSTS ?? 1000);
  const runs = Array.from({ length: Number(process.env.RUNS ?? 5) }, () => ({
    ...JSON.parse(execFileSync(process.execPath, [__filename, "child", `${count}`], { encoding: "utf8" })),
    checks: checks(),
  }));
  const of = (key) => runs.map((run) => run[key]);
  const results = { hosts: count, seconds: of("seconds"), megabytes: of("megabytes"), checks: of("checks") };
  mkdirSync(join(root, "docs/benchmarks"), { recursive: true });
  writeFileSync(join(root, "docs/benchmarks/plan.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log(results);
}
