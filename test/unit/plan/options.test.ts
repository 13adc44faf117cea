import { z } from "zod";
import { exporterRows } from "../../../plan/catalog";
import type { MonitoringOptions, ResolvedOptions } from "../../../plan/options";
import { type HostFacts, resolveOptions, toldOptions } from "../../../plan/roles";
import { stackSchema } from "../../../stacks/schema";
import table from "../../cases/options.json";

/** Every option of `server.monitoring` that a stack may state, one table with the tests of the NixOS modules (test/nix/cases/options.nix). */
interface Row {
  option: string;
  type: string;
  default: boolean | string;
  other: boolean | string;
}
const rows: Row[] = table;

const facts: HostFacts = {
  name: "nixserv",
  allocations: { monitoringPrimaryHost: "nixmon", ioPrimaryHost: "nixio", identityHost: "nixcloud" },
  virtualHosts: false,
  databases: false,
  redis: false,
  proxmox: { verifyTls: true },
};

/** `{ a: { b: value } }` of `a.b`. */
function stated(option: string, value: unknown): MonitoringOptions {
  return option.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as MonitoringOptions;
}

function read(options: ResolvedOptions, option: string): unknown {
  return option.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], options);
}

const parse = (value: unknown) => stackSchema.shape.monitoring.safeParse(value).success;

describe.each(rows)("the option $option", ({ option, default: preset, other }) => {
  test("is a key of the stack's configuration, for the cluster and for a host, with its own type", () => {
    expect(parse(stated(option, other))).toBe(true);
    expect(stackSchema.shape.hosts.valueType.shape.monitoring.safeParse(stated(option, other)).success).toBe(true);
    expect(parse(stated(option, 5))).toBe(false);
  });

  test("has the seed's default", () => {
    if (preset === "auto") return; // see roles.test.ts
    expect(read(resolveOptions(facts, {}, {}), option)).toBe(preset);
  });

  test("takes the cluster's value, and the host's own before it", () => {
    const against = typeof other === "boolean" ? !other : "7d";
    expect(read(resolveOptions(facts, stated(option, other), {}), option)).toBe(other);
    expect(read(resolveOptions(facts, stated(option, against), stated(option, other)), option)).toBe(other);
  });
});

test("the table has each option that a resolved host has, except ports and what follows from nixmon:proxmox", () => {
  const paths = (at: object, before = ""): string[] =>
    Object.entries(at).flatMap(([key, value]) =>
      typeof value === "object" ? paths(value, `${before}${key}.`) : [`${before}${key}`],
    );
  const all = paths(resolveOptions(facts, {}, {})).filter((path) => !path.endsWith(".port"));
  expect(rows.map((row) => row.option).sort()).toEqual(all.filter((path) => !path.endsWith(".verifyTls")).sort());
});

test("a host is told of an exporter only what somebody stated, and its port", () => {
  const cluster = stated("exporters.redis.enable", true);
  const host = stated("exporters.node", { enable: false, port: 9200 });
  const { exporters } = toldOptions(resolveOptions(facts, cluster, host), cluster, host);
  const expected = Object.fromEntries(exporterRows.map(({ name, port }) => [name, { port }]));
  expect(exporters).toEqual({
    ...expected,
    node: { enable: false, port: 9200 },
    redis: { enable: true, port: 9121 },
  });
});

test("the schema refuses an option that is not in the table", () => {
  expect(parse(stated("collector.grafana.enable", true))).toBe(false);
  expect(z.toJSONSchema(stackSchema.shape.monitoring, { io: "input" })).toMatchObject({ additionalProperties: false });
});
