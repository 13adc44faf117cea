import { planCluster } from "../../../plan/plan";
import type { ClusterConfig, HostData } from "../../../plan/types";
import { cluster, content, host, withHost } from "./fixture";

const plan = (config: ClusterConfig = cluster()) => planCluster(config, content);
const dataOf = (name: string, config?: ClusterConfig): HostData => {
  const data = plan(config).hosts[name];
  if (data === undefined) throw new Error(`no host ${name}`);
  return data;
};
const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe("host data", () => {
  test("of an ordinary host is small: it travels through the state", () => {
    const data = dataOf("nixserv");
    expect(size({ ...data, alloy: null })).toBeLessThan(2500);
    expect(size(data)).toBeLessThan(3500);
  });

  test("of the IO primary, with everything on, is small too", () => {
    expect(size(dataOf("nixio"))).toBeLessThan(5000);
  });

  test("survives JSON as it is", () => {
    const { hosts } = plan();
    expect(JSON.parse(JSON.stringify(hosts))).toEqual(hosts);
  });

  test("is the same for the same configuration, whatever order the hosts come in", () => {
    const turned = plan({ ...cluster(), hosts: cluster().hosts.toReversed() });
    expect(turned.hosts.nixserv).toEqual(plan().hosts.nixserv);
    expect(turned.hosts.nixmon).toEqual(plan().hosts.nixmon);
  });

  test("has collector data on the primary alone, and Kanidm's on the identity host alone", () => {
    const { hosts } = plan();
    expect(Object.keys(hosts).filter((name) => hosts[name]?.collector)).toEqual(["nixmon"]);
    expect(Object.keys(hosts).filter((name) => hosts[name]?.kanidm)).toEqual(["nixcloud"]);
    expect(hosts.nixcloud?.kanidm?.url).toBe("https://auth.example.net");
  });

  test("tells each host where the primary and the IO primary are", () => {
    expect(dataOf("nixserv").addresses).toEqual({ monitoringPrimary: "10.0.0.11", ioPrimary: "10.0.0.12" });
  });

  test("has no log shipper where logs are off", () => {
    expect(dataOf("nixserv", withHost("nixserv", { monitoring: { logs: { enable: false } } })).alloy).toBeNull();
  });
});

describe("a host more", () => {
  const before = plan().hosts;
  const added = (more = {}) =>
    plan({ ...cluster(), hosts: [...cluster().hosts, host("nixdev", "10.0.0.15", more)] }).hosts;

  test("changes nothing on any other host", () => {
    const { nixdev, ...others } = added({ scrapes: [{ job: "app", port: 8080, path: "/metrics", scheme: "http" }] });
    expect(nixdev).toBeDefined();
    expect(others).toEqual(before);
  });

  test("with a site changes the IO primary alone", () => {
    const { nixdev, nixio, ...others } = added({
      virtualHosts: { "dev.example.net": { upstream: "10.0.0.15:80", access: "lan" } },
    });
    expect(nixio?.virtualHosts["dev.example.net"]).toEqual({ upstream: "10.0.0.15:80", access: "lan" });
    expect({ ...others, nixio: before.nixio }).toEqual(before);
    expect(nixdev?.virtualHosts).toEqual({});
  });

  test("with an alert's threshold of its own changes the primary alone", () => {
    const alerts = { HighCPUUsage: { thresholds: { percent: 99 } } };
    const { nixdev, nixmon, ...others } = added({ monitoring: { alerts } });
    expect(JSON.stringify(nixmon?.collector?.rules)).toContain("nixdev");
    expect({ ...others, nixmon: before.nixmon }).toEqual(before);
    expect(nixdev?.secrets).toEqual([]);
  });
});

const nobodyTold = expect.stringMatching(
  /^alerts fire but nobody will be told: enable monitoring\.collector\.alerting\.homeAssistant/,
);

describe("virtual hosts", () => {
  test("are all served by the IO primary, the collectors' own among them", () => {
    expect(dataOf("nixio").virtualHosts).toEqual({
      "cloud.example.net": { upstream: "10.0.0.13:8080", access: "public" },
      "grafana.example.net": { upstream: "10.0.0.11:3000", access: "public" },
      "prometheus.example.net": { upstream: "10.0.0.11:9090", access: "lan" },
      "loki.example.net": { upstream: "10.0.0.11:3100", access: "lan" },
    });
  });

  test("that are stated by hand beat the collectors' own", () => {
    const site = { "grafana.example.net": { upstream: "10.0.0.11:3000", access: "lan" as const } };
    expect(
      dataOf("nixio", withHost("nixmon", { virtualHosts: site })).virtualHosts["grafana.example.net"]?.access,
    ).toBe("lan");
  });

  test("of the collectors take single details from the configuration", () => {
    const site = { "grafana.example.net": { access: "lan" as const } };
    const { nixio, nixmon } = plan(withHost("nixmon", { virtualHosts: site })).hosts;
    expect(nixio?.virtualHosts["grafana.example.net"]).toEqual({ upstream: "10.0.0.11:3000", access: "lan" });
    expect(nixmon?.targets.find(({ name }) => name === "probe:grafana.example.net")?.params.target).toMatch(/health$/);
  });

  test("of the collectors are left out where the configuration says so", () => {
    const { hosts, warnings } = plan(cluster({ collectorSites: false }));
    expect(Object.keys(hosts.nixio?.virtualHosts ?? {})).toEqual(["cloud.example.net"]);
    expect(hosts.nixmon?.targets.filter(({ job }) => job === "probe")).toEqual([]);
    expect(warnings).toEqual([nobodyTold]);
  });

  test("without an IO primary are served by nobody, and that is told", () => {
    const { hosts, warnings } = plan(
      cluster({ allocations: { monitoringPrimaryHost: "nixmon", identityHost: "nixcloud" } }),
    );
    expect(hosts.nixio?.virtualHosts).toEqual({});
    expect(warnings).toContain("nobody serves cloud.example.net: name a host in allocations.server.ioPrimaryHost");
  });
});

describe("warnings", () => {
  const alerting = (options: object) => cluster({ monitoring: { collector: { alerting: options } } });

  test("say so when nobody will be told of an alert", () => {
    expect(plan().warnings).toEqual([nobodyTold]);
    expect(plan(alerting({ heartbeat: { enable: true } })).warnings).toEqual([nobodyTold]);
  });

  test("say so when messages have no link to a runbook", () => {
    const told = alerting({ homeAssistant: { enable: true, url: "https://ha.example.net" } });
    expect(plan(told).warnings).toEqual([
      expect.stringMatching(/^messages about alerts have no link.*: set runbooks to/),
    ]);
    expect(plan({ ...told, runbooks: "https://git.example.net/runbooks" }).warnings).toEqual([]);
  });

  test("say so when no alert is raised at all", () => {
    const { warnings, hosts } = plan(alerting({ enable: false }));
    expect(warnings).toEqual(["no alert is raised: monitoring.collector.alerting.enable is false"]);
    expect(hosts.nixmon?.collector?.alertmanager).toBeNull();
  });

  test("say so when Kanidm is not among the hosts", () => {
    const allocations = { monitoringPrimaryHost: "nixmon", ioPrimaryHost: "nixio" };
    const monitoring = { collector: { grafana: { kanidm: { enable: true } } } };
    expect(plan(cluster({ allocations, monitoring })).warnings).toContainEqual(
      expect.stringMatching(/identityHost names no host/),
    );
  });
});

describe("a fleet, whose primary another stack owns", () => {
  const fleet = cluster({ externalPrimaryAddress: "10.9.9.9", hosts: [host("nixdev", "10.0.0.15")] });

  test("has exporter hosts that push to that primary", () => {
    const data = dataOf("nixdev", fleet);
    expect(data.alloy).toContain("http://10.9.9.9:3100/");
    expect(data.addresses).toEqual({ monitoringPrimary: "10.9.9.9", ioPrimary: null });
    expect([data.collector, data.kanidm, data.secrets]).toEqual([null, null, []]);
  });

  test("warns of nothing that is the primary's business", () => {
    expect(plan(fleet).warnings).toEqual([]);
  });
});

test("a thousand hosts with everything on are planned in less than two seconds", () => {
  const everything = { exporters: { caddy: { enable: true }, postgres: { enable: true }, redis: { enable: true } } };
  const many = Array.from({ length: 1000 }, (_, index) =>
    host(`host-${index}`, `10.1.${index >> 8}.${index & 255}`, {
      virtualHosts: { [`app${index}.example.net`]: { upstream: "10.1.0.1:80", access: "lan" } },
      scrapes: [{ job: "app", port: 8080, path: "/metrics", scheme: "http" }],
      monitoring: { ...everything, alerts: { HighCPUUsage: { thresholds: { percent: index % 7 } } } },
    }),
  );
  const start = performance.now();
  const { hosts, errors } = plan({ ...cluster(), hosts: [...cluster().hosts, ...many] });
  expect(performance.now() - start).toBeLessThan(2000);
  expect([Object.keys(hosts).length, errors]).toEqual([1004, []]);
});

test("somebody else's Kanidm is asked at its address, provisioned nowhere, and needs no identity host", () => {
  const allocations = { monitoringPrimaryHost: "nixmon", ioPrimaryHost: "nixio" };
  const elsewhere = { identity: { url: "https://idm.example.org/", external: true }, givenSecrets: ["kanidmToken"] };
  const { hosts, errors, warnings } = planCluster(cluster({ allocations, ...elsewhere }), content);
  expect(errors).toEqual([]);
  expect(warnings.filter((text) => text.includes("Kanidm"))).toEqual([]);
  expect(hosts.nixmon?.collector?.grafana.settings["auth.generic_oauth"]).toMatchObject({
    auth_url: "https://idm.example.org/ui/oauth2",
    token_url: "https://idm.example.org/oauth2/token",
    api_url: "https://idm.example.org/oauth2/openid/grafana/userinfo",
  });
  expect(Object.values(hosts).map(({ kanidm }) => kanidm)).toEqual([null, null, null, null]);
  expect(Object.values(hosts).flatMap(({ secrets }) => secrets.map(({ key }) => key))).not.toContain(
    "KANIDM/OAUTH2/GRAFANA_SECRET",
  );
});

test("authorities of one's own reach the primary alone", () => {
  const { hosts } = planCluster(cluster({ authorities: ["PEM"] }), content);
  expect(hosts.nixmon?.collector?.authorities).toEqual(["PEM"]);
  expect(JSON.stringify(hosts.nixio)).not.toContain("PEM");
});
