import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type ClusterPlan, planCluster } from "../../plan/plan";
import type { ClusterConfig, JsonObject } from "../../plan/types";
import { promtoolProblems } from "../../stacks/promtool";
import { alert, badRules, onlyWeRefuse, record, rules } from "../unit/plan/badRules";
import { cluster, content, withHost } from "../unit/plan/fixture";
import { sample, tellCases, texts } from "./texts";

const plan = (config: ClusterConfig): ClusterPlan => planCluster(config, content);

afterAll(() => void tellCases());

/** One value in a configuration that is right otherwise: where it stands, and when it is right. */
interface Place {
  name: string;
  key: RegExp;
  put(value: string): ClusterConfig;
  right(value: string): boolean;
}

const talk = (user: string): ClusterConfig["monitoring"] => ({
  collector: { alerting: { nextcloudTalk: { enable: true, url: "https://cloud.example.net", room: "r", user } } },
});

const scrape = (job: string, path = "/metrics") =>
  withHost("nixserv", { scrapes: [{ job, port: 9000, path, scheme: "http" as const }] });

const places: Place[] = [
  {
    name: "retention.metrics",
    key: /^monitoring\.retention\.metrics$/,
    put: (value) => cluster({ monitoring: { retention: { metrics: value } } }),
    right: (value) => /^([1-9]\d{0,2}y)?([1-9]\d{0,2}w)?([1-9]\d{0,2}d)?$/.test(value) && value !== "",
  },
  {
    name: "an exporter's name",
    key: /^monitoring\.exporters\./,
    put: (value) => cluster({ monitoring: { exporters: { [value]: { enable: true } } } }),
    right: (value) => ["node", "caddy", "postgres", "redis", "pve", "blackbox", "alloy"].includes(value),
  },
  {
    name: "an alert to override",
    key: /^monitoring\.alerts/,
    put: (value) => cluster({ monitoring: { alerts: { [value]: { enable: false } } } }),
    right: (value) => value === "HostDown",
  },
  {
    name: "a job's name",
    key: /^hosts\.nixserv\.scrapes\[0\]\.job$/,
    put: (value) => scrape(value),
    right: (value) => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(value) && !["node", "alloy", "probe"].includes(value),
  },
  {
    name: "a virtual host's domain",
    key: /^hosts\.nixserv\.virtualHosts\./,
    put: (value) => withHost("nixserv", { virtualHosts: { [value]: { upstream: "10.0.0.14:80", access: "lan" } } }),
    right: (value) => value === "app.example.net",
  },
  {
    name: "a host's name",
    key: /^hosts/,
    put: (value) => withHost("nixserv", { name: value }),
    right: (value) =>
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value) && !["nixmon", "nixio", "nixcloud"].includes(value),
  },
];

describe.each(places)("$name", ({ name, key, put, right }) => {
  test("is refused with its key and the value, or is planned: never lost, never thrown", () => {
    for (const value of sample(texts, 300)) {
      // an object's own key of that name is no entry
      if (value === "__proto__") continue;
      const { errors, hosts } = plan(put(value));
      if (right(value)) {
        expect([value, errors]).toEqual([value, []]);
        continue;
      }
      expect([value, Object.keys(hosts)]).toEqual([value, []]);
      expect(errors.map((problem) => problem.key)).toEqual(expect.arrayContaining([expect.stringMatching(key)]));
      const said = errors.map((problem) => `${problem.key} ${problem.got}`).join("\n");
      expect([value, name, said.includes(value) || said.includes(JSON.stringify(value))]).toEqual([value, name, true]);
    }
  });
});

test("what may be any text, the account at Nextcloud, arrives in alertmanager.yml as it is", () => {
  for (const user of sample(
    texts.filter((text) => text !== ""),
    600,
  )) {
    const { errors, hosts } = plan(cluster({ monitoring: talk(user) }));
    expect([user, errors]).toEqual([user, []]);
    const sent = JSON.parse(JSON.stringify(hosts.nixmon?.collector?.alertmanager)) as { receivers: unknown[] };
    expect(JSON.stringify(sent.receivers)).toContain(JSON.stringify({ username: user }).slice(1, -1));
  }
});

test.each<[string, string, boolean]>([
  ["90d", "90d", true],
  ["a day and a half", "1d12h", true],
  ["half a day", "12h", false],
  ["nothing", "", false],
  ["a word", "soon", false],
  ["no unit", "90", false],
  ["a wrong order", "1h1d", false],
])("a retention of %s", (_, retention, good) => {
  const { errors } = plan(cluster({ monitoring: { retention: { metrics: retention, logs: retention } } }));
  expect(errors.map((problem) => problem.key)).toEqual(
    good ? [] : ["monitoring.retention.metrics", "monitoring.retention.logs"],
  );
});

test("two jobs of one name are refused, in any order", () => {
  const jobs = sample(fc.stringMatching(/^[a-z]{1,8}$/), 100);
  for (const job of jobs) {
    const one = { job, port: 9000, path: "/metrics", scheme: "http" as const };
    const { errors } = plan(withHost("nixserv", { scrapes: [one, { ...one, port: 9001 }] }));
    expect(errors.map((problem) => problem.key)).toContain("hosts.nixserv.scrapes[1].job");
  }
});

test("an integration without what it needs is refused, each lack by its own key", () => {
  const alerting = { homeAssistant: { enable: true }, nextcloudTalk: { enable: true }, heartbeat: { enable: true } };
  const { errors } = plan(cluster({ monitoring: { collector: { alerting } }, givenSecrets: [] }));
  expect(errors.map((problem) => problem.key).sort()).toEqual([
    "heartbeatUrl",
    "monitoring.collector.alerting.homeAssistant.url",
    "monitoring.collector.alerting.nextcloudTalk.room",
    "monitoring.collector.alerting.nextcloudTalk.url",
    "monitoring.collector.alerting.nextcloudTalk.user",
    "nextcloudTalkPassword",
  ]);
});

describe("promtool", () => {
  const cache = mkdtempSync(join(tmpdir(), "nixmon-refused-"));
  const env = { PATH: process.env.PATH, NIXMON_CACHE: cache };
  afterAll(() => rmSync(cache, { recursive: true }));

  test("refuses each rule file that the plan refuses, but for what it would read otherwise than it is written", () => {
    const files = badRules.map(([mistake, file]): [string, JsonObject] => [
      `${mistake.replaceAll(" ", "-")}.yaml`,
      file as JsonObject,
    ]);
    const refused = new Set(promtoolProblems(Object.fromEntries(files), env).map(({ key }) => key.split(":")[0]));
    const accepted = badRules
      .map(([mistake]) => mistake)
      .filter((_, index) => !refused.has(`alerts/${files[index]?.[0]}`));
    expect(accepted).toEqual(onlyWeRefuse);
  });

  test("refuses what only it understands, by file and alert, and takes the same without the mistake", () => {
    const wrong = { summary: "{{ if }}", description: "{{ .Value | nosuch }}" };
    expect(promtoolProblems({ "a.yaml": rules({ ...alert, expr: "rate(up) > 0", annotations: wrong }) }, env)).toEqual([
      { key: "alerts/a.yaml: Hot", got: expect.stringContaining('"nosuch" not defined'), want: expect.anything() },
      { key: "alerts/a.yaml: Hot", got: expect.stringContaining("missing value for if"), want: expect.anything() },
      {
        key: "alerts/a.yaml: Hot",
        got: expect.stringContaining("expected type range vector"),
        want: expect.anything(),
      },
    ]);
    expect(promtoolProblems({ "a.yaml": rules(alert, record) }, env)).toEqual([]);
  });
});
