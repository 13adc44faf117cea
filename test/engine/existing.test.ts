import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { changedConfig, connections, must, root, run, up } from "./sandbox";

/** A stack of one adopted host; every mistake is made in a copy of its configuration. */
type Hosts = Record<string, Record<string, unknown>>;

const hostKey = must(["sandbox/hosts/machine.sh", "host-key", "adopted"]).stdout.trim();
const otherKey = must(["sandbox/hosts/machine.sh", "host-key", "nixio"]).stdout.trim();
const address = "10.231.77.31";
const existing = { address, machine: { type: "existing" }, ssh: { hostKey } };

function fleetOf(hosts: Hosts, more: Record<string, unknown> = {}): string {
  return changedConfig("fleet", (config) => {
    config["nixmon:hosts"] = hosts;
    for (const [key, value] of Object.entries(more)) config[key] = value;
  });
}

beforeAll(() => {
  must([
    ...`sandbox/hosts/machine.sh up adopted --ip ${address} --template base --authorized-keys`.split(" "),
    publicKey(),
  ]);
  must(["pulumi", "stack", "select", "--create", "--non-interactive", "bad"]);
});

afterAll(() => {
  must(["sandbox/hosts/machine.sh", "down", "adopted"]);
  must(["pulumi", "stack", "rm", "--yes", "--force", "bad"]);
});

function publicKey(): string {
  return `${process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox"}/ssh/id_ed25519.pub`;
}

/** Resources in the state, beside the stack itself and its providers. */
function resourcesInState(): string[] {
  const exported = must(["pulumi", "stack", "export", "--stack", "bad"]).stdout;
  const { deployment } = JSON.parse(exported) as { deployment: { resources?: { type: string; urn: string }[] } };
  const ours = (deployment.resources ?? []).filter(({ type }) => type.startsWith("command:"));
  return ours.map(({ urn }) => urn);
}

test.each<[string, () => string, string[]]>([
  [
    "a host that refuses connections",
    () => fleetOf({ web: { ...existing, address: "10.231.77.1", ssh: { hostKey, port: 9 } } }),
    ["web", "refuse"],
  ],
  [
    "a host that is not there",
    () => fleetOf({ web: { ...existing, address: "10.231.77.250" } }),
    ["web", "10.231.77.250"],
  ],
  [
    "another host key than the pinned one",
    () => fleetOf({ web: { ...existing, ssh: { hostKey: otherKey } } }),
    ["web", "host key"],
  ],
  [
    "a user whom the host does not let in",
    () => fleetOf({ web: { ...existing, ssh: { hostKey, user: "nobody" } } }),
    ["web", "nobody"],
  ],
])("%s is one error that names the host, within 60 s, and nothing is in the state", (_, config, words) => {
  const ended = up("bad", config());
  expect(ended.code).not.toBe(0);
  expect(ended.seconds).toBeLessThan(60);
  for (const word of words) expect(ended.errors).toContain(word);
  expect(resourcesInState()).toEqual([]);
});

test("a login that the Proxmox API refuses is an error that says so, and no machine is made", () => {
  const machine = { type: "vm", template: 9000, gateway: "10.231.77.1" };
  const config = fleetOf({ web: { address: "10.231.77.30", machine } });
  const words = ["--stack", "bad", "--yes", "--skip-preview", "--non-interactive", "--config-file", config];
  const ended = run(["env", "PROXMOX_VE_PASSWORD=wrong", "pulumi", "up", ...words]);
  expect(ended.code).not.toBe(0);
  expect(ended.stdout + ended.stderr).toMatch(/401|authentication/i);
  expect(must(["sandbox/hosts/machine.sh", "list"]).stdout).not.toContain("web");
});

test.each<[string, () => string, string]>([
  [
    "an unknown key",
    () => fleetOf({ adopted: existing }, { "nixmon:domian": "x" }),
    "nixmon:domian: got an unknown key",
  ],
  ["two hosts with one address", () => fleetOf({ adopted: existing, web2: existing }), address],
  [
    "a bad duration",
    () => fleetOf({ adopted: existing }, { "nixmon:monitoring": { retention: { metrics: "90x" } } }),
    '"90x"',
  ],
])("%s stops before the first resource", (_, config, text) => {
  const ended = up("bad", config());
  expect(ended.code).not.toBe(0);
  expect(ended.errors).toContain(text);
  expect(ended.errors).toContain("nothing was changed");
  expect(resourcesInState()).toEqual([]);
});

test("a rule that Prometheus would refuse stops before the first host is connected to", () => {
  const copy = `${root}/build/engine/badRule`;
  rmSync(copy, { recursive: true, force: true });
  for (const name of ["Pulumi.yaml", "package.json", "dist", "agent", "alerts", "modules"])
    cpSync(`${root}/${name}`, `${copy}/${name}`, { recursive: true });
  symlinkSync(`${root}/node_modules`, `${copy}/node_modules`);
  writeFileSync(`${copy}/alerts/own.yaml`, "groups: [{ name: own, rules: [{ alert: Hot, expr: celsius > }] }]");
  const allocations = { server: { monitoringPrimaryHost: "adopted" } };
  const config = fleetOf({ adopted: existing }, { "nixmon:program": "cluster", "nixmon:allocations": allocations });
  const before = connections("adopted");
  const ended = up("bad", config, ["--cwd", copy]);
  expect(ended.code).not.toBe(0);
  expect(ended.errors).toContain('alerts/own.yaml: Hot.expr: got a mistake at "celsius >"');
  expect(connections("adopted")).toBe(before);
  expect(resourcesInState()).toEqual([]);
});

test("control: the same host without a mistake is deployed", () => {
  const before = connections("adopted");
  const ended = up("bad", fleetOf({ adopted: existing }));
  expect(ended.errors).toBe("");
  expect(ended.code).toBe(0);
  expect(connections("adopted")).toBeGreaterThan(before);
  expect(resourcesInState()).not.toEqual([]);
  expect(readFileSync(publicKey(), "utf8")).toMatch(/^ssh-ed25519 /);
});

test("the packed package deploys a host from another Pulumi program", () => {
  const folder = `${root}/build/engine/consumer`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [packed] = JSON.parse(
    must(["npm", "pack", "--silent", "--json", "--ignore-scripts", "--pack-destination", folder]).stdout,
  ) as [{ filename: string }];
  const files = {
    "package.json": JSON.stringify({
      name: "consumer",
      private: true,
      main: "index.js",
      dependencies: { nixmon: `file:${packed.filename}` },
    }),
    // the types are there, and say something: what is not so is refused
    "consumer.ts": `
      import { ExporterHost, type HostData } from "nixmon";
      export const port = (data: HostData) => new ExporterHost("web", { data, machine: { type: "existing" } }).scrapeTargets.apply(([one]) => one?.port.toFixed());
      // @ts-expect-error: no machine is of that type
      export const other = (data: HostData) => new ExporterHost("web", { data, machine: { type: "exists" } });
    `,
    "Pulumi.yaml": "name: consumer\nruntime: { name: nodejs, options: { typescript: false } }\n",
    "index.js": `
      const { ExporterHost, planCluster } = require("nixmon");
      const host = { name: "adopted", address: "${address}", virtualHosts: {}, postgresDatabases: [], redisInstances: {}, monitoring: {}, scrapes: [] };
      const plan = planCluster({
        name: "consumer", domain: "sandbox.test", allocations: { monitoringPrimaryHost: "nixmon" },
        externalPrimaryAddress: "10.231.77.11", lan: ["10.231.77.0/24"], monitoring: {}, hosts: [host],
      }, { rules: {} });
      const web = new ExporterHost("web", { data: plan.hosts.adopted, machine: { type: "existing" }, ssh: { hostKey: ${JSON.stringify(hostKey)} } });
      exports.scrapeTargets = web.scrapeTargets;
    `,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(`${folder}/${name}`, content);
  must(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"], { cwd: folder });
  const compile = "--ignoreConfig --noEmit --strict --target es2022 --module nodenext --types node consumer.ts";
  must([`${root}/node_modules/.bin/tsc`, ...compile.split(" ")], { cwd: folder });
  must(["pulumi", "stack", "select", "--create", "--non-interactive", "dev"], { cwd: folder });
  must(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"], { cwd: folder });
  const targets = JSON.parse(must(["pulumi", "stack", "output", "--json", "scrapeTargets"], { cwd: folder }).stdout);
  expect(targets).toEqual(
    expect.arrayContaining([expect.objectContaining({ host: "adopted", job: "node", port: 9100 })]),
  );
  must(["pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive"], { cwd: folder });
});
