import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Browser } from "./browser";
import { ForeignKanidm } from "./kanidm";
import { named } from "./proxmox";
import { must, root, run, up } from "./sandbox";

/** Somebody else's Kanidm is not as it should be when a stack goes up: what came before stays, and the next run goes on from there. */
const folder = `${root}/build/engine/kanidmFaults`;
const program = `${folder}/program`;
const url = "https://localhost:18444";
const kanidm = new ForeignKanidm(`${folder}/kanidm`, url);
const stack = "kanidm-faults";
const inProgram = ["--cwd", program];
let authority = "";

const deploy = () => up(stack, undefined, inProgram);
/** What is in the state of something that was made before the client. */
const before = () => named(stack, "before", program)?.outputs?.result;
const client = async () =>
  JSON.parse((await new Browser(authority).get(`${url}/v1/oauth2/grafana`, { authorization: "Bearer writer" })).body);

beforeAll(async () => {
  authority = await kanidm.start(["grafana_admins", "grafana_editors"]);
  rmSync(program, { recursive: true, force: true });
  mkdirSync(program, { recursive: true });
  const files = {
    "Pulumi.yaml": "name: kanidm\nruntime: { name: nodejs, options: { typescript: false } }\n",
    "package.json": '{ "name": "kanidm", "private": true, "main": "index.js" }',
    "authority.pem": authority,
    "index.js": `
      const { readFileSync } = require("node:fs");
      const { RandomString } = require("@pulumi/random");
      const { GrafanaOAuthClient } = require(${JSON.stringify(`${root}/dist/components`)});
      const before = new RandomString("before", { length: 12 });
      const external = { url: "${url}", token: "writer", authorities: [readFileSync("authority.pem", "utf8")] };
      new GrafanaOAuthClient("oauth", { domain: "sandbox.test", external }, { dependsOn: before });
    `,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(`${program}/${name}`, text);
  must(["pulumi", "stack", "select", "--create", "--non-interactive", stack, ...inProgram]);
});

afterAll(async () => {
  run(["pulumi", "destroy", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", ...inProgram]);
  run(["pulumi", "stack", "rm", "--yes", "--force", stack, ...inProgram]);
  await kanidm.stop();
});

test("up stops where a group is missing, by its name and how to make it; nothing half made is left at Kanidm", async () => {
  const ended = deploy();
  expect(ended.code).not.toBe(0);
  expect(ended.errors).toContain(
    `${url}: Kanidm has no group grafana_viewers, by which people get their role in Grafana. Make it: kanidm group create grafana_viewers`,
  );
  expect(before()).toMatch(/^.{12}$/);
  expect(named(stack, "oauth-client", program)).toBeUndefined();
  expect(await client()).toBeNull();
});

test("up stops where Kanidm does not answer, with what to look at", async () => {
  const made = before();
  await kanidm.stop();
  const ended = deploy();
  expect(ended.code).not.toBe(0);
  expect(ended.errors).toMatch(/localhost:18444: connection refused.*is Kanidm running/);
  expect(before()).toBe(made);
  expect(named(stack, "oauth-client", program)).toBeUndefined();
});

test("the next up goes on once Kanidm is back with the group: the client is made, and nothing else is touched", async () => {
  const made = before();
  await kanidm.start(["grafana_admins", "grafana_editors", "grafana_viewers"]);
  const ended = deploy();
  expect(ended.errors).toBe("");
  expect(ended.changes).toMatchObject({ create: 1, update: 0, delete: 0, replace: 0 });
  expect(before()).toBe(made);
  expect(await client()).toMatchObject({
    attrs: { description: ["Made by nixmon for kanidm/kanidm-faults; secret 1"] },
  });
  expect(readFileSync(`${program}/authority.pem`, "utf8")).toBe(authority);
});
