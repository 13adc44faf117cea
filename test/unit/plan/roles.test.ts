import { z } from "zod";
import { catalog, exporterRows, findRow, requireRow } from "../../../plan/catalog";
import { defaultRetention, type HostFacts, resolveOptions } from "../../../plan/roles";
import type { MonitoringOptions } from "../../../plan/types";
import table from "../../cases/auto-detection.json";

/** One row of the table that the tests of the NixOS modules run too. */
interface Case extends Pick<HostFacts, "allocations"> {
  name: string;
  host: Pick<HostFacts, "name" | "virtualHosts" | "databases" | "redis">;
  clusterOptions: MonitoringOptions;
  options: MonitoringOptions;
  expected: { exporters: string[]; collector: boolean; logs: boolean };
}

const cases: Case[] = table;
const api = { verifyTls: true };

describe("auto-detection", () => {
  test.each(cases)("$name", ({ allocations, host, clusterOptions, options, expected }) => {
    const resolved = resolveOptions({ ...host, allocations, proxmox: api }, clusterOptions, options);
    const on = Object.entries(resolved.exporters).filter(([, { enable }]) => enable);
    expect({
      exporters: on.map(([name]) => name),
      collector: resolved.collector.enable,
      logs: resolved.logs.enable,
    }).toEqual(expected);
  });

  test("each case has a name of its own", () => {
    expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length);
  });

  test("each condition of the catalog is met in one case and not met in another", () => {
    for (const row of exporterRows) {
      const outcomes = new Set(cases.map((one) => one.expected.exporters.includes(row.name)));
      expect([row.name, outcomes.size]).toEqual([row.name, 2]);
    }
  });
});

describe("defaults", () => {
  const facts: HostFacts = {
    name: "nixmon",
    allocations: { monitoringPrimaryHost: "nixmon", identityHost: "nixcloud" },
    virtualHosts: false,
    databases: false,
    redis: false,
    proxmox: api,
  };

  test("are the seed's", () => {
    const { retention, collector, enable, logs } = resolveOptions(facts, {}, {});
    expect({ enable, logs }).toEqual({ enable: true, logs: { enable: true } });
    expect(retention).toMatchObject({ metrics: "90d", logs: "90d" });
    expect(collector).toEqual({
      enable: true,
      grafana: { kanidm: { enable: true } },
      alerting: {
        enable: true,
        homeAssistant: { enable: false },
        nextcloudTalk: { enable: false },
        heartbeat: { enable: false },
      },
      proxmox: { enable: true, verifyTls: true },
    });
  });

  test("a host's own retention beats the cluster's, value by value", () => {
    const cluster = { retention: { metrics: "30d", logs: "14d" } };
    const { retention } = resolveOptions(facts, cluster, { retention: { logs: "7d" } });
    expect(retention).toEqual({ metrics: "30d", logs: "7d", metricsSize: defaultRetention.metricsSize });
  });

  test("a port stated for the whole cluster is the host's unless it states its own", () => {
    const cluster = { exporters: { node: { port: 9200 }, alloy: { port: 9201 } } };
    const { exporters } = resolveOptions(facts, cluster, { exporters: { alloy: { port: 9202 } } });
    expect([exporters.node?.port, exporters.alloy?.port, exporters.pve?.port]).toEqual([9200, 9202, 9221]);
  });

  test("without a Proxmox API there is nothing to watch", () => {
    const { collector, exporters } = resolveOptions({ ...facts, proxmox: undefined }, {}, {});
    expect([collector.proxmox.enable, exporters.pve?.enable]).toEqual([false, false]);
  });

  test("without an identity host nobody logs in with Kanidm, unless it is asked for", () => {
    const lonely = { ...facts, allocations: { monitoringPrimaryHost: "nixmon" } };
    const asked = { collector: { grafana: { kanidm: { enable: true } } } };
    expect(resolveOptions(lonely, {}, {}).collector.grafana.kanidm.enable).toBe(false);
    expect(resolveOptions(lonely, asked, {}).collector.grafana.kanidm.enable).toBe(true);
  });
});

describe("the catalog", () => {
  const row = z.strictObject({
    name: z.string().regex(/^[a-z]+$/),
    job: z.string().regex(/^[a-z]+$/),
    kind: z.enum(["exporter", "service"]),
    port: z.int().min(1).max(65_535),
    path: z.string().startsWith("/"),
    ready: z.string().startsWith("/").nullable(),
    proofMetric: z.string().regex(/^[a-z_][a-z0-9_]*$/),
    unit: z.string().endsWith(".service"),
    auto: z.enum([
      "always",
      "proxyVirtualHosts",
      "ioPrimaryWithDatabases",
      "ioPrimaryWithRedis",
      "logs",
      "proxmox",
      "collector",
      "alerting",
    ]),
    listen: z.enum(["host", "loopback"]),
    openTo: z.enum(["primary", "ioPrimary", "lan", "nobody"]),
    gating: z.boolean(),
    shows: z.string().min(10),
  });

  test.each(catalog.map((one) => [one.name, one] as const))("row %s has every field and no other", (_, one) => {
    expect(row.safeParse(one).error).toBeUndefined();
  });

  test.each(["name", "job", "port", "unit"] as const)("no two rows share a %s", (field) => {
    expect(new Set(catalog.map((one) => one[field])).size).toBe(catalog.length);
  });

  test("what listens on loopback is open to nobody", () => {
    expect(catalog.filter((one) => one.listen === "loopback" && one.openTo !== "nobody")).toEqual([]);
  });

  test("a row that the program relies on and that is not there is named", () => {
    expect(() => requireRow("nosuch")).toThrow(/exporters\/catalog\.json: no row nosuch/);
    expect(findRow("nosuch")).toBeUndefined();
  });

  test.each([
    ["node", 9100],
    ["caddy", 2019],
    ["postgres", 9187],
    ["redis", 9121],
    ["pve", 9221],
    ["prometheus", 9090],
    ["loki", 3100],
    ["grafana", 3000],
    ["alertmanager", 9093],
  ])("%s keeps the seed's port %d", (name, port) => {
    expect(requireRow(name).port).toBe(port);
  });
});
