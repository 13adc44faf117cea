import { planCluster } from "../../../plan/plan";
import type { ClusterConfig, FreeScrape, HostConfig, MonitoringOptions } from "../../../plan/types";
import { cluster, content, host, withHost } from "./fixture";

const mistakes = (config: ClusterConfig) =>
  planCluster(config, content).errors.map(({ key, got, want }) => `${key}: got ${got}, want ${want}`);
const everywhere = (monitoring: MonitoringOptions) => cluster({ monitoring });
const plus = (...hosts: HostConfig[]) => cluster({ hosts: [...cluster().hosts, ...hosts] });
const scrape = (more: Partial<FreeScrape>): FreeScrape => ({
  job: "app",
  port: 8080,
  path: "/metrics",
  scheme: "http",
  ...more,
});
const alerting = (options: NonNullable<NonNullable<MonitoringOptions["collector"]>["alerting"]>) =>
  everywhere({ collector: { alerting: options } });
const allocated = (more: Partial<ClusterConfig["allocations"]>) =>
  cluster({ allocations: { ...cluster().allocations, ...more } });

test("a cluster without mistakes has none", () => {
  expect(mistakes(cluster())).toEqual([]);
});

test("databases and Redis instances may be named as NixOS names them", () => {
  const redisInstances = { "": { port: 6379 }, ["x".repeat(25)]: { port: 6380 }, "a.b_c-1": { port: 6381 } };
  expect(
    mistakes(withHost("nixio", { postgresDatabases: ["app", "x".repeat(63), "2_a-b.c"], redisInstances })),
  ).toEqual([]);
});

const duration = "a duration such as 90d, 12h or 1h30m (units y, w, d, h, m, s, ms, largest first)";
const known = "one of nixmon, nixio, nixcloud, nixserv";
const exporters = "one of node, caddy, postgres, redis, alloy, pve, blackbox";
const address = "an IPv4 or IPv6 address";

test.each<[string, ClusterConfig, string]>([
  [
    "no primary",
    allocated({ monitoringPrimaryHost: "nope" }),
    `allocations.server.monitoringPrimaryHost: got "nope", which is no host, want ${known}`,
  ],
  [
    "an IO primary that is no host",
    allocated({ ioPrimaryHost: "nope" }),
    `allocations.server.ioPrimaryHost: got "nope", which is no host, want ${known}`,
  ],
  [
    "an identity host that is no host",
    allocated({ identityHost: "nope" }),
    `allocations.server.identityHost: got "nope", which is no host, want ${known}`,
  ],
  [
    "a Kanidm by a path",
    cluster({ identity: { url: "https://example.net/idm" } }),
    'identity.url: got "https://example.net/idm", want an https URL without a path, such as https://auth.example.net',
  ],
  [
    "somebody else's Kanidm without a token",
    cluster({ identity: { external: true }, givenSecrets: [] }),
    "kanidmToken: got nothing, want an API token of a Kanidm service account in idm_oauth2_admins, because identity.external is true: pulumi config set --secret kanidmToken",
  ],
  [
    "two primaries",
    withHost("nixserv", { monitoring: { collector: { enable: true } } }),
    "hosts.nixserv.monitoring.collector.enable: got true, want false: nixmon is the primary, and there is one",
  ],
  [
    "a primary that is off",
    withHost("nixmon", { monitoring: { enable: false } }),
    "hosts.nixmon.monitoring.enable: got false, want true, since allocations.server.monitoringPrimaryHost names this host",
  ],
  [
    "a primary that does not collect",
    withHost("nixmon", { monitoring: { collector: { enable: false } } }),
    "hosts.nixmon.monitoring.collector.enable: got false, want true, since allocations.server.monitoringPrimaryHost names this host",
  ],
  [
    "two hosts of one name",
    plus(host("nixserv", "10.0.0.99")),
    'hosts[4]: got "nixserv", also hosts[3], want another name',
  ],
  [
    "two hosts of one address",
    plus(host("nixdev", "10.0.0.14")),
    'hosts.nixdev.address: got "10.0.0.14", which nixserv has, want an address of its own',
  ],
  ["a bad address", plus(host("nixdev", "10.0.0.300")), `hosts.nixdev.address: got "10.0.0.300", want ${address}`],
  [
    "a bad host name",
    plus(host("Nix_Dev", "10.0.0.15")),
    'hosts.Nix_Dev: got "Nix_Dev", want a host name of lower-case letters, digits and -',
  ],
  ["a bad domain", cluster({ domain: "-bad-" }), 'domain: got "-bad-", want a domain name such as example.net'],
  ["a bad range", cluster({ lan: ["10.0.0.0/33"] }), 'lan[0]: got "10.0.0.0/33", want a range such as 10.0.0.0/16'],
  [
    "a bad cluster name",
    cluster({ name: "a$b" }),
    'name: got "a$b", want a cluster name of letters, digits, -, _ and .',
  ],
  [
    "a bad duration",
    everywhere({ retention: { metrics: "90x" } }),
    `monitoring.retention.metrics: got "90x", want ${duration}`,
  ],
  [
    "a retention below a day",
    withHost("nixmon", { monitoring: { retention: { logs: "12h" } } }),
    'hosts.nixmon.monitoring.retention.logs: got "12h", want a day or more (Loki deletes by whole days)',
  ],
  [
    "a bad size",
    everywhere({ retention: { metricsSize: "50GiB" } }),
    'monitoring.retention.metricsSize: got "50GiB", want a size such as 512MB or 50GB',
  ],
  [
    "an unknown exporter",
    everywhere({ exporters: { mysql: { enable: true } } }),
    `monitoring.exporters.mysql: got an unknown exporter, want ${exporters}`,
  ],
  [
    "an unknown alert",
    everywhere({ alerts: { HighCPU: { enable: false } } }),
    "monitoring.alerts.HighCPU: got an unknown alert, want an alert of alerts/*.yaml; did you mean HighCPUUsage?",
  ],
  [
    "an alert with a slip of the pen",
    everywhere({ alerts: { HighCPUUsgae: { enable: false } } }),
    "monitoring.alerts.HighCPUUsgae: got an unknown alert, want an alert of alerts/*.yaml; did you mean HighCPUUsage?",
  ],
  [
    "an unknown alert on a host",
    withHost("nixserv", { monitoring: { alerts: { Nope: {} } } }),
    "hosts.nixserv.monitoring.alerts.Nope: got an unknown alert, want an alert of alerts/*.yaml",
  ],
  [
    "an unknown threshold",
    everywhere({ alerts: { HighCPUUsage: { thresholds: { limit: 1 } } } }),
    "monitoring.alerts.HighCPUUsage.thresholds.limit: got an unknown threshold, want one of percent",
  ],
  [
    "a threshold of an alert without any",
    everywhere({ alerts: { HostDown: { thresholds: { limit: 1 } } } }),
    "monitoring.alerts.HostDown.thresholds.limit: got an unknown threshold, want no thresholds: this alert has none",
  ],
  [
    "a threshold that is no number",
    everywhere({ alerts: { HighCPUUsage: { thresholds: { percent: Number.NaN } } } }),
    "monitoring.alerts.HighCPUUsage.thresholds.percent: got NaN, want a finite number",
  ],
  [
    "a bad waiting time",
    everywhere({ alerts: { HostDown: { for: "2" } } }),
    `monitoring.alerts.HostDown.for: got "2", want ${duration}`,
  ],
  [
    "a database whose name would end the SQL that makes it",
    withHost("nixio", { postgresDatabases: ["app", 'a"; DROP'] }),
    'hosts.nixio.postgresDatabases[1]: got "a\\"; DROP", want a name of letters, digits, _, - and ., at most 63',
  ],
  [
    "a Redis instance whose user would have a name too long",
    withHost("nixio", { redisInstances: { "": { port: 6379 }, ["x".repeat(26)]: { port: 6380 } } }),
    `hosts.nixio.redisInstances.${"x".repeat(26)}: got "${"x".repeat(26)}", want a name of letters, digits, _, - and ., at most 25, or "" for the instance without one`,
  ],
  [
    "a site with a bad domain",
    withHost("nixserv", { virtualHosts: { "bad domain": { upstream: "a:1", access: "lan" } } }),
    'hosts.nixserv.virtualHosts.bad domain: got "bad domain", want a domain name such as app.example.net',
  ],
  [
    "a site with a bad upstream",
    withHost("nixserv", { virtualHosts: { "a.example.net": { upstream: "10.0.0.1", access: "lan" } } }),
    'hosts.nixserv.virtualHosts.a.example.net.upstream: got "10.0.0.1", want host:port',
  ],
  [
    "a site without an upstream",
    withHost("nixserv", { virtualHosts: { "a.example.net": { access: "lan" } } }),
    "hosts.nixserv.virtualHosts.a.example.net.upstream: got nothing, want host:port",
  ],
  [
    "a token of a fleet's scrape",
    cluster({
      externalPrimaryAddress: "10.9.9.9",
      hosts: [host("a", "10.0.0.1", { scrapes: [scrape({ bearerTokenSecret: "APP" })] })],
    }),
    'hosts.a.scrapes[0].bearerTokenSecret: got "APP", want no token: only the stack that owns the primary can give it to Prometheus',
  ],
  [
    "one site on two hosts",
    withHost("nixserv", { virtualHosts: { "cloud.example.net": { upstream: "a:1", access: "lan" } } }),
    "hosts.nixserv.virtualHosts.cloud.example.net: got a site that nixcloud has too, want one host per site",
  ],
  [
    "Home Assistant without its address",
    alerting({ homeAssistant: { enable: true } }),
    "monitoring.collector.alerting.homeAssistant.url: got nothing, want the address of Home Assistant, or the secret homeAssistantWebhookUrl, because homeAssistant is enabled",
  ],
  [
    "Talk without its app password",
    {
      ...alerting({ nextcloudTalk: { enable: true, url: "https://c.example.net", room: "a", user: "bot" } }),
      givenSecrets: [],
    },
    "nextcloudTalkPassword: got nothing, want the app password of that account, because nextcloudTalk is enabled: pulumi config set --secret nextcloudTalkPassword",
  ],
  [
    "a heartbeat without its address",
    { ...alerting({ heartbeat: { enable: true } }), givenSecrets: [] },
    "heartbeatUrl: got nothing, want the URL that the watchdog calls, because heartbeat is enabled: pulumi config set --secret heartbeatUrl",
  ],
  [
    "Talk without a room",
    alerting({ nextcloudTalk: { enable: true, url: "https://c.example.net", user: "bot" } }),
    "monitoring.collector.alerting.nextcloudTalk.room: got nothing, want the token of a Talk room, the last part of its link, because nextcloudTalk is enabled",
  ],
  [
    "Proxmox metrics without a Proxmox",
    { ...everywhere({ collector: { proxmox: { enable: true } } }), proxmox: undefined },
    "monitoring.collector.proxmox.enable: got enabled, but no proxmox, want proxmox.endpoint, or enable: false",
  ],
  [
    "the Proxmox exporter elsewhere than on the primary",
    withHost("nixserv", { monitoring: { exporters: { pve: { enable: true } } } }),
    "hosts.nixserv.monitoring.exporters.pve: got enabled, want it on nixmon only",
  ],
  [
    "a fleet that owns the primary too",
    cluster({ externalPrimaryAddress: "10.9.9.9" }),
    'allocations.server.monitoringPrimaryHost: got "nixmon", a host of this stack, want a host of the stack that owns the primary, or no primaryAddress',
  ],
  [
    "a fleet with a bad primary address",
    cluster({ externalPrimaryAddress: "nixmon", hosts: [host("a", "10.0.0.1")] }),
    `primaryAddress: got "nixmon", want ${address}`,
  ],
])("%s is one clear mistake", (_, config, expected) => {
  expect(mistakes(config)).toEqual([expected]);
});

test("Home Assistant needs no address where its whole webhook is given as a secret", () => {
  const config = alerting({ homeAssistant: { enable: true } });
  expect(mistakes({ ...config, givenSecrets: ["homeAssistantWebhookUrl"] })).toEqual([]);
});

test("all mistakes are told at once, and no host data is made", () => {
  const config = { ...everywhere({ retention: { metrics: "90x" }, exporters: { mysql: {} } }), domain: "x" };
  const plan = planCluster(
    {
      ...config,
      hosts: [...config.hosts, host("nixdev", "nowhere", { scrapes: [scrape({ port: 9100, job: "node" })] })],
    },
    content,
  );
  expect(plan.errors.map((problem) => problem.key)).toEqual([
    "domain",
    "monitoring.retention.metrics",
    "monitoring.exporters.mysql",
    "hosts.nixdev.address",
    "hosts.nixdev.scrapes[0].port",
    "hosts.nixdev.scrapes[0].job",
  ]);
  expect(plan.hosts).toEqual({});
});

test("without rule files nothing is said about the names of alerts", () => {
  const config = everywhere({ alerts: { Anything: { enable: false } } });
  expect(planCluster(config, { rules: {} }).errors).toEqual([]);
});
