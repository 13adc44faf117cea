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
import { acceptedByKanidm, acceptedByProxmox, acceptedByRedis, postAlert, unitsStarted } from "../secrets/services";
import { demand, doors, knock, type Recorded, recordedRequests, requestComes } from "../secrets/told";
import {
  address,
  canaries,
  configure,
  engineWords,
  folder,
  give,
  given,
  host,
  madeSecrets,
  makeVault,
  removeVault,
  stack,
  writeOnHost,
} from "../secrets/vault";
import { type Ended, eventually, must, onHost, run } from "./sandbox";

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

/** With what costs half a minute: waiting for messages, and the diffs of each phase. */
const atLength = Boolean(process.env.NIXMON_SECRETS_FULL);

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
  if (atLength) engine("preview", ["--diff"]);
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
  if (atLength) engine("preview", ["--diff"]);
  const ended = engine("up", ["--json"]);
  demand(doors(madeSecrets(), fresh));
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

test("with another password of its Redis the exporter goes on by itself: Redis refuses the old one", async () => {
  const file = "/var/lib/app-secrets/redis";
  const [before, now] = [onHost(host, `cat ${file}`), marker()];
  known.push({ kind: "new redisPassword", value: now });
  const units = unitsStarted();
  writeOnHost(file, now);
  onHost(host, "systemctl restart redis.service");
  await eventually(
    20,
    () => onHost(host, `curl -sS http://${address}:9121/metrics | grep '^redis_up ' || true`),
    (up) => up === "redis_up 1\n",
  );
  expect([acceptedByRedis(before), acceptedByRedis(now)]).toEqual([false, true]);
  const after = unitsStarted();
  const restarted = Object.keys(after).filter((unit) => after[unit] !== units[unit]);
  expect(restarted).toEqual(["prometheus-redis-exporter.service", "redis.service"]);
});

test("no secret, old or new, left a trace", () => {
  const values = known.map(({ value }) => value);
  for (const secret of [...Object.values(old), ...Object.values(madeSecrets())]) expect(values).toContain(secret);
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

(atLength ? test : test.skip)(
  "those who are told refuse the old secrets, and get the alert and the heartbeat by the new ones alone",
  async () => {
    const [before, now] = [
      doors(old, { talk: given.nextcloudTalkPassword, heartbeat: given.heartbeatPath }),
      doors(madeSecrets(), fresh),
    ];
    expect(before.map(knock)).toEqual([401, 401, 401]);
    expect(now.map(knock)).toEqual([200, 201, 200]);
    // Alertmanager waits half a minute for more alerts of a group, and calls the heartbeat each minute
    for (const [path, login] of now) {
      const came = ({ at, body, ...by }: Recorded) =>
        at > rotatedAt && body !== "{}" && by.path === path && (by.authorization ?? null) === login;
      await requestComes(90, came);
    }
    const told = recordedRequests().filter(({ at, body }) => at > rotatedAt && body !== "{}");
    expect(told.filter(({ answered }) => answered >= 400)).toEqual([]);
  },
);

test("the new key of Grafana is protected as the old one was", () => {
  const { code, stdout, stderr } = engine("destroy", ["--preview-only", "--json"]);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/grafana-secret-key-even.{0,9} cannot be deleted[^"]*because it is protected/);
  must(["pulumi", "state", "unprotect", "--all", "--yes", "--stack", stack]);
});

test("after destroy the host holds no secret but its owner's", () => {
  if (atLength) engine("destroy", ["--preview-only", "--diff"]);
  succeeds("destroy", ["--json"]);
  expect(placesOfSecrets(known)).toEqual(ownersFiles);
  // what was printed and logged until now, and what the engine and the machine keep
  expect(look(known)).toEqual(nowhere);
});
