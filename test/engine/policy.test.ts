import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { changedConfig, root, run } from "./sandbox";

/** The policy pack with the real engine: previews of the sandbox, and of a program with one danger after the other. */
const pack = `${root}/policy/nixmon`;
const program = `${root}/build/engine/policy`;

const previewed = (words: string[], cwd?: string) =>
  run(["pulumi", "preview", "--non-interactive", "--policy-pack", pack, ...words], cwd ? { cwd } : {});

const refused = (stdout: string) => [...stdout.matchAll(/\[mandatory\]\s+([\w-]+)/g)].map(([, rule]) => rule).sort();

test("a primary without protection and a LAN that is everybody are refused before anything is deployed", () => {
  const config = changedConfig("sandbox", (values) => {
    values["nixmon:lan"] = ["0.0.0.0/0"];
  });
  const ended = previewed(["--stack", "sandbox", "--config-file", config]);
  expect(ended.code).not.toBe(0);
  // one host's stdin after the other
  expect(new Set(refused(ended.stdout))).toEqual(new Set(["closed-exporters", "protected-primary"]));
  expect(ended.stdout).toContain("lan has 0.0.0.0/0, which is everybody");
});

test("control: the sandbox itself passes with its own file of levels", () => {
  const ended = previewed(["--stack", "sandbox", "--policy-pack-config", `${root}/policy/sandbox.json`]);
  expect(refused(ended.stdout)).toEqual([]);
  expect(ended.code).toBe(0);
});

test("control: with its primary protected the sandbox passes every rule, whatever their levels", () => {
  const config = changedConfig("sandbox", (values) => {
    const { nixmon } = values["nixmon:hosts"];
    values["nixmon:hosts"].nixmon = { ...nixmon, machine: { ...(nixmon?.machine as object), protect: true } };
  });
  const ended = previewed(["--stack", "sandbox", "--config-file", config]);
  expect(refused(ended.stdout)).toEqual([]);
  expect(ended.code).toBe(0);
});

describe("of another Pulumi program", () => {
  beforeAll(() => {
    rmSync(program, { recursive: true, force: true });
    mkdirSync(program, { recursive: true });
    writeFileSync(
      `${program}/Pulumi.yaml`,
      "name: guarded\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    writeFileSync(`${program}/package.json`, '{ "name": "guarded", "private": true, "main": "index.js" }');
    run(["pulumi", "stack", "select", "--create", "--non-interactive", "dev"], { cwd: program });
  });
  afterAll(() => {
    run(["pulumi", "stack", "rm", "--yes", "--force", "dev"], { cwd: program });
  });

  const key = `ssh-ed25519 ${"A".repeat(68)}`;
  const write = (danger: string, hostKey: string, remoteKey: string) =>
    writeFileSync(
      `${program}/index.js`,
      `
      const { remote } = require("@pulumi/command");
      const { ExporterHost, planCluster } = require(${JSON.stringify(`${root}/dist/components`)});
      const host = { name: "web", address: "10.231.77.99", virtualHosts: {}, postgresDatabases: [], redisInstances: {}, monitoring: {}, scrapes: [] };
      const plan = planCluster({
        name: "guarded", domain: "sandbox.test", allocations: { monitoringPrimaryHost: "nixmon" },
        externalPrimaryAddress: "10.231.77.11", lan: ["10.231.77.0/24"], monitoring: {}, hosts: [host],
      }, { rules: {} });
      const data = plan.hosts.web;
      ${danger}
      new ExporterHost("web", { data, machine: { type: "existing" }, ssh: { hostKey: "${hostKey}" } });
      new remote.Command("by-hand", { create: "true", connection: { host: "10.231.77.99", user: "root"${remoteKey} } });
    `,
    );

  test("a secret in host data, a host key that pins nothing and a remote command without one are refused", () => {
    write('data.alloy += "password = hunter2 https://u:hunter2@x/";', "accept-new", "");
    const ended = previewed(["--stack", "dev"], program);
    expect(ended.code).not.toBe(0);
    expect(refused(ended.stdout)).toEqual(["no-plain-secrets", "pinned-host-key", "pinned-host-key"]);
    for (const words of [
      "web: alloy holds a URL with a password",
      "web: the connection pins",
      "by-hand: the connection pins",
    ])
      expect(ended.stdout).toContain(words);
    // the message is about the secret, and does not spread it
    expect(ended.stdout.split("Policies:")[1]?.split("Diagnostics:")[0]).not.toContain("hunter2");
  });

  test("control: without these it passes", () => {
    write("", key, `, hostKey: "${key}"`);
    const ended = previewed(["--stack", "dev"], program);
    expect(refused(ended.stdout)).toEqual([]);
    expect(ended.code).toBe(0);
  });
});
