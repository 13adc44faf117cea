import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Canary, marker } from "../secrets/canaries";
import {
  channels,
  engineLimits,
  type Printed,
  placesOfSecrets,
  processesSeen,
  watchProcesses,
} from "../secrets/channels";
import { everyPlace, ownersFiles } from "../secrets/places";
import { acceptedByKanidm, acceptedByProxmox, postAlert, unitsStarted } from "../secrets/services";
import {
  canaries,
  configure,
  engineWords,
  folder,
  give,
  given,
  host,
  madeSecrets,
  makeVault,
  recordedRequests,
  removeVault,
  requestComes,
  talkUser,
  writeOnHost,
} from "../secrets/vault";
import { type Ended, eventually, onHost, run } from "./sandbox";

/**
 * The life of a host with every kind of secret: made, failed, rotated, destroyed. Each secret is looked for wherever it could have left a
 * trace; then one is given away on purpose in each of these places, and each look must find it.
 */
const printed: Printed = { log: "", events: "", diffs: "" };
const known: Canary[] = [];
const planted: Canary[] = [{ kind: "planted", value: marker() }];
const leak = planted[0]?.value ?? "";
let stopWatching: () => void = () => undefined;

/** One run of the engine at the highest level of logging of engine and plugins. */
function engine(verb: "up" | "destroy" | "preview", words: string[]): Ended {
  const confirmed = verb === "preview" || words.includes("--preview-only") ? [] : ["--yes", "--skip-preview"];
  const ended = run(["pulumi", verb, ...engineWords, ...confirmed, "--logtostderr", "--logflow", "-v=9", ...words]);
  printed.log += ended.stderr;
  if (words.includes("--diff")) printed.diffs += ended.stdout;
  else printed.events += ended.stdout;
  return ended;
}

/** A run that must succeed; its end is in the error when it does not. */
function succeeds(verb: "up" | "destroy", words: string[]): void {
  const { code, stdout, stderr } = engine(verb, words);
  const told = stdout.split("\n").filter((line) => /"severity":"error|^ *error:/.test(line));
  // what the engine says before it begins is not an event
  const errors = code === 0 ? told : [...told, ...stderr.split("\n").filter((line) => /^(error|warning):/.test(line))];
  expect({ code, errors }).toEqual({ code: 0, errors: [] });
}

function learn(): void {
  for (const canary of canaries()) {
    if (!known.some(({ value }) => value === canary.value)) known.push(canary);
  }
}

const look = (among: readonly Canary[]) =>
  Object.fromEntries(Object.entries(channels(printed, among)).map(([channel, search]) => [channel, search()]));
const nowhere = Object.fromEntries(Object.keys(channels(printed, [])).map((channel) => [channel, []]));

beforeAll(() => {
  makeVault();
  writeFileSync(resolve(folder, "begin"), "");
  stopWatching = watchProcesses();
});

afterAll(() => {
  stopWatching();
  removeVault();
});

test("a host with every kind of secret is made", () => {
  succeeds("up", ["--json"]);
  learn();
  expect(known.map(({ kind }) => kind).sort()).toEqual([
    "grafana-admin-password",
    "grafana-oauth-secret",
    "grafana-secret-key",
    "heartbeatPath",
    "home-assistant-webhook",
    "nextcloudTalkPassword",
    "proxmox-token-token",
    "proxmoxPassword",
    "redisPassword",
    "scrapeToken",
  ]);
});

test("secrets lie in their own files and in their readers' credentials, and nowhere else on the host", () => {
  expect(placesOfSecrets(known)).toEqual(everyPlace);
});

test("Grafana's secret key does not go with the stack while Grafana's database stays", () => {
  const ended = engine("destroy", ["--preview-only", "--json"]);
  expect(ended.code).not.toBe(0);
  expect(ended.stdout + ended.stderr).toMatch(/grafana-secret-key.{0,9} cannot be deleted[^"]*because it is protected/);
});

const broken = "/run/systemd/system/grafana.service.d";
const numbers = [
  "grafanaSecretKey",
  "grafanaLosesStoredSecrets",
  "grafanaOAuth",
  "homeAssistantWebhook",
  "proxmoxToken",
];
const rotation = Object.fromEntries(numbers.map((name) => [name, 2]));
const fresh = { talk: `${given.nextcloudTalkPassword} ${marker()}`, heartbeat: `/ping/${marker()}`, token: marker() };
let old: Record<string, string> = {};
let rotatedAt = 0;

test("a rotation of every kind at once, with a consumer that fails, names that unit, builds nothing and restarts the readers", () => {
  old = madeSecrets();
  const system = () => onHost(host, "readlink -f /run/current-system; readlink /var/lib/nixmon/current");
  const before = { units: unitsStarted(), system: system() };
  configure({ rotation });
  give("nextcloudTalkPassword", fresh.talk);
  give("heartbeatUrl", `http://10.231.77.1:9951${fresh.heartbeat}`);
  give("scrapeTokens.APP", fresh.token);
  onHost(host, `mkdir -p ${broken} && printf '[Service]\nExecStartPre=/bin/false\n' >${broken}/broken.conf`);
  onHost(host, "systemctl daemon-reload");
  const ended = engine("up", ["--json"]);
  rotatedAt = Date.now();
  learn();
  known.push({ kind: "new heartbeatPath", value: fresh.heartbeat }, { kind: "new scrapeToken", value: fresh.token });
  known.push({ kind: "new nextcloudTalkPassword", value: fresh.talk.slice(-30) });
  writeOnHost("/var/lib/app-secrets/token", fresh.token);
  expect(ended.code).not.toBe(0);
  expect(ended.stdout).toContain("these consumers did not come back: grafana.service");
  const after = unitsStarted();
  expect(Object.keys(after).filter((unit) => after[unit] !== before.units[unit])).toEqual([
    "alertmanager.service",
    "grafana.service",
    "kanidm.service",
    "nixmon-pve-config.service",
    "prometheus-pve-exporter.service",
    "prometheus.service",
  ]);
  expect(system()).toBe(before.system);
  postAlert();
});

test("with the cause gone the next run starts that unit, and no other", () => {
  onHost(host, `rm ${broken}/broken.conf && systemctl daemon-reload`);
  const before = unitsStarted();
  // gives a marker away in plain configuration, for the control below
  configure({ runbooks: `https://${leak}.test`, rotation });
  succeeds("up", ["--diff"]);
  const after = unitsStarted();
  expect(Object.keys(after).filter((unit) => after[unit] !== before[unit])).toEqual(["grafana.service"]);
  expect(onHost(host, "systemctl is-active grafana.service").trim()).toBe("active");
});

test("Kanidm and Proxmox refuse the old secret and accept the new one", () => {
  const made = madeSecrets();
  const oauth = "grafana-oauth-secret";
  const token = "proxmox-token-token";
  expect(acceptedByKanidm(old[oauth])).toBe(false);
  expect(acceptedByKanidm(made[oauth])).toBe(true);
  expect(acceptedByProxmox(old[token])).toBe(false);
  expect(acceptedByProxmox(made[token])).toBe(true);
  const pve = onHost(host, "curl -fsS 'http://127.0.0.1:9221/pve?module=default&target=10.231.77.1:8007'");
  expect(pve).toMatch(/^pve_up\{id="node\/pve1"\} 1/m);
});

test("no secret, old or new, left a trace", () => {
  expect(processesSeen()).toBeGreaterThan(50);
  expect(look(known)).toEqual(nowhere);
});

test("control: what is given away in each of these places is found there", () => {
  const words = ["-c", "sleep 3", leak];
  spawn("sh", words, { stdio: "ignore" });
  onHost(host, `systemd-run --quiet --setenv=LEAK=${leak} sleep 3; logger ${leak}`);
  writeFileSync("/tmp/nixmon-planted", leak);
  configure({ domain: `${leak}!` });
  engine("preview", ["--json"]);
  configure({ runbooks: `https://${leak}.test`, rotation });
  const found = look(planted);
  rmSync("/tmp/nixmon-planted");
  expect(Object.keys(found).filter((channel) => found[channel]?.length === 0)).toEqual([]);
});

test("the engine's own limits are those that the documentation tells, and no others", () => {
  const limits = engineLimits(printed, known);
  expect(Object.keys(limits).filter((limit) => limits[limit]?.().length === 0)).toEqual([]);
});

// waits for Alertmanager's group wait and the heartbeat's next call: half a minute
const atLength = process.env.NIXMON_SECRETS_FULL ? test : test.skip;

atLength(
  "those who are told get it at the new address with the new password, and nothing comes to the old one",
  async () => {
    const made = madeSecrets();
    const webhook = `/api/webhook/${made["home-assistant-webhook"]}`;
    const login = `Basic ${Buffer.from(`${talkUser}:${fresh.talk}`).toString("base64")}`;
    await requestComes(90, ({ path, at }) => path === webhook && at > rotatedAt);
    await requestComes(60, ({ path, authorization }) => path.startsWith("/ocs/") && authorization === login);
    await requestComes(90, ({ path, at }) => path === fresh.heartbeat && at > rotatedAt);
    const paths = recordedRequests().flatMap(({ at, path }) => (at > rotatedAt ? [path] : []));
    expect(paths).not.toContain(`/api/webhook/${old["home-assistant-webhook"]}`);
    expect(paths).not.toContain(given.heartbeatPath);
  },
);

test("Prometheus scrapes with the new token", async () => {
  const ask = "curl -fsS 'http://10.231.77.32:9090/api/v1/query?query=up%7Bjob%3D%22app%22%7D'";
  await eventually(
    40,
    () => onHost(host, ask),
    (answer) => answer.includes(',"1"]'),
  );
});

test("after destroy the host holds no secret but its owner's", () => {
  succeeds("destroy", ["--json"]);
  expect(placesOfSecrets(known)).toEqual(ownersFiles);
  // what was printed and logged until now, and what the engine and the machine keep
  expect(look(known)).toEqual(nowhere);
});
