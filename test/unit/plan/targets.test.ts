import fc from "fast-check";
import { fileSdOfTargets } from "../../../plan/fileSd";
import { planCluster } from "../../../plan/plan";
import { parseManifest, targetsOfManifest, tokenLabel } from "../../../plan/targets";
import type { ClusterConfig, ScrapeTarget } from "../../../plan/types";
import { cluster, content, host, withHost } from "./fixture";

const targetsOf = (name: string, config: ClusterConfig = cluster()) => planCluster(config, content).targets[name] ?? [];
const named = (targets: ScrapeTarget[], name: string) => targets.find((target) => target.name === name);

describe("expected targets", () => {
  test.each([
    ["nixserv", ["node", "alloy"]],
    ["nixio", ["node", "caddy", "postgres", "redis", "alloy"]],
    ["nixcloud", ["node", "alloy", "probe:cloud.example.net"]],
    [
      "nixmon",
      [
        ...["node", "alloy", "pve", "blackbox", "prometheus", "alertmanager", "loki", "grafana"],
        ...["probe:grafana.example.net", "probe:prometheus.example.net", "probe:loki.example.net"],
      ],
    ],
  ])("%s offers %j", (name, expected) => {
    expect(targetsOf(name).map((target) => target.name)).toEqual(expected);
  });

  test("what listens on loopback is scraped there, the rest on the host's address", () => {
    const at = Object.fromEntries(targetsOf("nixmon").map((target) => [target.name, target.address]));
    expect(at).toMatchObject({
      node: "10.0.0.11",
      prometheus: "10.0.0.11",
      pve: "127.0.0.1",
      alertmanager: "127.0.0.1",
    });
  });

  test("a host with monitoring off offers nothing, its sites included", () => {
    const site = { "dev.example.net": { upstream: "10.0.0.14:80", access: "lan" as const } };
    expect(targetsOf("nixserv", withHost("nixserv", { virtualHosts: site, monitoring: { enable: false } }))).toEqual(
      [],
    );
  });

  test.each([
    [8006, "pve.example.net"],
    [443, "pve.example.net:443"],
  ])("a Proxmox API on port %d is the exporter's target %s", (port, target) => {
    const config = cluster({ proxmox: { host: "pve.example.net", port, verifyTls: true } });
    expect(named(targetsOf("nixmon", config), "pve")).toMatchObject({
      path: "/pve",
      params: { target, module: "default", cluster: "1", node: "1" },
      labels: { instance: target },
    });
  });

  test("each Redis instance is a target with its name as instance", () => {
    const redis = { sessions: { port: 6380 }, cache: { port: 6379 } };
    const found = targetsOf("nixio", withHost("nixio", { redisInstances: redis })).filter(
      (target) => target.job === "redis",
    );
    expect(found.map(({ name, path, labels, params }) => ({ name, path, labels, params }))).toEqual([
      { name: "redis", path: "/metrics", labels: { instance: "cache" }, params: {} },
      {
        name: "redis:sessions",
        path: "/scrape",
        labels: { instance: "sessions" },
        params: { target: "redis://127.0.0.1:6380" },
      },
    ]);
  });

  test("a free scrape is a target; its token is a mark, not a value", () => {
    const scrape = { job: "app", port: 8080, path: "/m", scheme: "https" as const, bearerTokenSecret: "APP" };
    expect(named(targetsOf("nixserv", withHost("nixserv", { scrapes: [scrape] })), "scrape:app")).toMatchObject({
      job: "app",
      path: "/m",
      scheme: "https",
      labels: { [tokenLabel]: "APP" },
    });
  });
});

describe("probes", () => {
  const probe = (config: ClusterConfig) => named(targetsOf("nixcloud", config), "probe:cloud.example.net");

  test("ask the site by name through the primary's blackbox exporter", () => {
    expect(probe(cluster())).toEqual({
      name: "probe:cloud.example.net",
      job: "probe",
      host: "nixcloud",
      address: "127.0.0.1",
      port: 9115,
      path: "/probe",
      scheme: "http",
      labels: { instance: "https://cloud.example.net" },
      params: { module: "https_2xx", target: "https://cloud.example.net/" },
    });
  });

  test.each([
    [{ scheme: "http" as const }, { module: "http_2xx", target: "http://cloud.example.net/" }],
    [{ verifyTls: false }, { module: "https_2xx_insecure", target: "https://cloud.example.net/" }],
    [{ direct: true }, { module: "https_2xx", target: "https://10.0.0.12:443/", hostname: "cloud.example.net" }],
  ])("with %j ask %j", (probes, params) => {
    expect(probe(cluster({ probes }))?.params).toEqual(params);
  });

  test("can be turned off for all sites and for one", () => {
    const site = { upstream: "10.0.0.13:8080", access: "public" as const, probe: false };
    expect(probe(cluster({ probes: { enable: false } }))).toBeUndefined();
    expect(probe(withHost("nixcloud", { virtualHosts: { "cloud.example.net": site } }))).toBeUndefined();
  });

  test("of a collector's site that is stated by hand still ask its health page", () => {
    const site = { "loki.example.net": { upstream: "10.0.0.11:3100", access: "lan" as const } };
    expect(
      named(targetsOf("nixmon", withHost("nixmon", { virtualHosts: site })), "probe:loki.example.net")?.params.target,
    ).toBe("https://loki.example.net/ready");
  });
});

describe("file_sd", () => {
  test("has a group per target, and brackets around IPv6", () => {
    const config = cluster({ hosts: [...cluster().hosts, host("nixsix", "fd00::1")] });
    expect(fileSdOfTargets(targetsOf("nixsix", config))[0]).toEqual({
      targets: ["[fd00::1]:9100"],
      labels: { job: "node", host: "nixsix", __metrics_path__: "/metrics", __scheme__: "http" },
    });
  });

  test("carries any label and parameter value through JSON unchanged", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom('"', "\n", "{{ $x }}", "$", "${a}", "\\", "ü🙂", "null", "1"),
    );
    const [target] = targetsOf("nixserv");
    fc.assert(
      fc.property(text, text, (label, param) => {
        if (target === undefined) return false;
        const groups = fileSdOfTargets([{ ...target, labels: { a: label }, params: { b: param } }]);
        const [group] = JSON.parse(JSON.stringify(groups));
        return group.labels.a === label && group.labels.__param_b === param;
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a host's manifest", () => {
  const node = { name: "node", job: "node", address: "10.0.0.14", port: 9100, path: "/metrics", scheme: "http" };
  const written = (exporters: unknown[], more = {}) =>
    JSON.stringify({ schema: 1, host: "nixserv", hash: "x", exporters, ...more });
  const manifest = (exporters: unknown[]) => parseManifest(written(exporters));

  test("decides which exporters are scraped, and where", () => {
    const planned = targetsOf("nixserv");
    expect(targetsOfManifest(manifest([{ ...node, port: 9999 }]), planned)).toEqual([
      { ...node, port: 9999, host: "nixserv", labels: {}, params: {} },
    ]);
  });

  test("leaves to the plan what the host cannot know, its probes; a free scrape that the host does not offer is none", () => {
    const scrapes = [{ job: "app", port: 8080, path: "/metrics", scheme: "http" as const }];
    const planned = targetsOf("nixcloud", withHost("nixcloud", { scrapes }));
    const names = (offered: unknown[]) => targetsOfManifest(manifest(offered), planned).map((target) => target.name);
    const app = { ...node, name: "scrape:app", job: "app", port: 8080 };
    expect(names([node])).toEqual(["node", "probe:cloud.example.net"]);
    expect(names([node, app])).toEqual(["node", "scrape:app", "probe:cloud.example.net"]);
  });

  test("keeps labels and parameters of the plan, the host's own on top", () => {
    const pve = {
      name: "pve",
      job: "pve",
      address: "127.0.0.1",
      port: 9221,
      path: "/pve",
      scheme: "http",
      labels: { site: "a" },
    };
    const found = targetsOfManifest(manifest([pve]), targetsOf("nixmon")).find((target) => target.name === "pve");
    expect(found?.params.target).toBe("pve.example.net");
    expect(found?.labels).toMatchObject({ instance: "pve.example.net", site: "a" });
  });

  test("brings every Redis instance where the exporter runs, and none where it does not", () => {
    const redis = { sessions: { port: 6380 }, cache: { port: 6379 } };
    const planned = targetsOf("nixio", withHost("nixio", { redisInstances: redis }));
    const jobs = (exporters: unknown[]) => targetsOfManifest(manifest(exporters), planned).map((target) => target.name);
    expect(jobs([{ ...node, name: "redis", job: "redis", port: 9121 }])).toEqual(["redis", "redis:sessions"]);
    expect(jobs([node])).toEqual(["node"]);
  });

  test.each([
    ["", /manifest: got "", want the JSON that the host's agent prints/],
    ["not json", /manifest: got "not json"/],
    ["null", /manifest of an unnamed host/],
    [written([], { hash: undefined }), /manifest of nixserv: hash/],
    [written([], { schema: 2 }), /manifest of nixserv: schema: .*is the host's agent of this release\?/],
    [written([{ ...node, port: 0 }]), /manifest of nixserv: exporters\.0\.port/],
    [written([{ ...node, scheme: "ftp" }]), /exporters\.0\.scheme/],
  ])("that says %j is refused by name", (text, message) => {
    expect(() => parseManifest(text)).toThrow(message);
  });
});
