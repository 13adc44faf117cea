import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { nixOptions } from "../../cli/docs/nixOptions";
import { allSecretNeeds } from "../../cli/docs/reference";
import { stackKeys } from "../../cli/docs/stackKeys";
import { catalog, findRow } from "../../plan/catalog";
import { planCluster } from "../../plan/plan";
import { resolveOptions } from "../../plan/roles";
import { renderRules } from "../../plan/rules";
import { readContent } from "../../stacks/content";
import table from "../cases/auto-detection.json";
import seed from "../cases/seed.json";
import { cluster, content } from "./plan/fixture";

/** Every row of the tables of the document that this project comes from (test/cases/seed.json); docs/seed-coverage.md is made of the same. */
const root = resolve(__dirname, "../..");

test("no row was left out: the document's tables and lists have these many", () => {
  const counts = Object.fromEntries(Object.entries(seed).map(([section, { rows }]) => [section, rows.length]));
  expect(counts).toEqual({
    options: 14,
    autoDetection: 4,
    secrets: 8,
    virtualHosts: 3,
    alerts: 5,
    routing: 2,
    structure: 15,
    ports: 9,
    troubleshooting: 19,
  });
});

describe("the option server.monitoring.", () => {
  const keys = new Set(stackKeys().map(({ path }) => path));
  const inStack = (name: string) => name.replace(/^exporters\.\w+\./, "exporters.<name>.");

  test.each(seed.options.rows)(
    "$row is a key of the stack's configuration, for the cluster and for a host",
    ({ row }) => {
      expect(keys).toContain(`monitoring.${inStack(row)}`);
      expect(keys).toContain(`hosts.<host>.monitoring.${inStack(row)}`);
    },
  );

  const types: Record<string, string> = { bool: "boolean", string: "string" };
  const nix = spawnSync("nix-instantiate", ["--version"]).status === 0;
  if (!nix) console.warn("skipped: options of the NixOS modules, since nix-instantiate is not installed");
  const modules = nix ? nixOptions(root) : [];
  (nix ? test : test.skip).each(seed.options.rows)(
    "$row is an option of the modules, a $type, default $default",
    (row) => {
      const option = modules.find(({ name }) => name === `server.monitoring.${row.row}`);
      expect(option?.type).toBe(types[row.type]);
      if (row.default === "auto") expect(option?.default).toMatch(/^automatic: |monitoringPrimaryHost/);
      else expect(option?.default).toBe(row.default);
      expect(option?.description).toMatch(/\w{4}/);
    },
  );
});

describe("auto-detection:", () => {
  const optionsOf = (name: string) => {
    const found = table.find((one) => one.name === name);
    if (found === undefined) throw new Error(`test/cases/auto-detection.json has no case ${name}`);
    const facts = { ...found.host, allocations: found.allocations, proxmox: { verifyTls: true } };
    return resolveOptions(facts, found.clusterOptions, found.options);
  };

  test.each(seed.autoDetection.rows)("$row", ({ exporter, on, off }) => {
    const is = (name: string) => {
      const { exporters, collector } = optionsOf(name);
      return exporter === null ? collector.enable : exporters[exporter]?.enable;
    };
    expect([is(on), is(off)]).toEqual([true, false]);
  });
});

test.each(seed.secrets.rows)("the secret $row is one that a host needs and a unit reads", ({ row }) => {
  const need = allSecretNeeds().find(({ key }) => key === row);
  expect(need?.consumers).toEqual([expect.stringMatching(/\.service$/)]);
});

test.each(seed.virtualHosts.rows)("the site $row is served by the IO primary, to $access", ({ row, port, access }) => {
  const served = planCluster(cluster(), content).hosts.nixio?.virtualHosts ?? {};
  expect(served[row.replace("<domain>", "example.net")]).toEqual({ upstream: `10.0.0.11:${port}`, access });
});

describe("the alert", () => {
  const { rules, thresholds = {} } = readContent(root);
  const { files } = renderRules({ files: rules, thresholds, cluster: {}, hosts: {} });
  const groups = Object.values(files).flatMap(
    (file) => file.groups as unknown as { rules: Record<string, unknown>[] }[],
  );
  const alerts = groups.flatMap((group) => group.rules);

  test.each(seed.alerts.rows)("$row: $condition, $severity", ({ row, severity, for: wait, expr }) => {
    const found = alerts.filter(({ alert }) => alert === row);
    expect(found).toEqual([expect.objectContaining({ for: wait, labels: { severity } })]);
    for (const part of expr) expect(found[0]?.expr).toContain(part);
  });
});

describe("routing", () => {
  const talk = { enable: true, url: "https://cloud.example.net", room: "r", user: "u" };
  const homeAssistant = { enable: true, url: "https://ha.example.net" };
  const told = { collector: { alerting: { homeAssistant, nextcloudTalk: talk } } };
  const config = planCluster(cluster({ monitoring: told, givenSecrets: ["nextcloudTalkPassword"] }), content).hosts
    .nixmon?.collector?.alertmanager;

  interface Route {
    receiver?: string;
    matchers?: string[];
    routes?: Route[];
  }
  const receiversOf = (severity: string, route: Route): string[] => {
    const matcher = route.matchers?.find((one) => one.startsWith("severity"));
    const values = matcher?.replace(/^severity\s*=~?\s*"(.*)"$/, "$1").split("|");
    if (values !== undefined && !values.includes(severity)) return [];
    const below = (route.routes ?? []).flatMap((inner) => receiversOf(severity, inner));
    return below.length > 0 ? below : [route.receiver ?? ""];
  };

  test.each(seed.routing.rows)("$row", ({ receiver, severities }) => {
    const route = (config as { route: Route } | null | undefined)?.route ?? {};
    const reached = ["critical", "warning", "info", "none"].filter((severity) =>
      receiversOf(severity, route).some((name) => name.includes(receiver)),
    );
    expect(reached).toEqual(severities);
  });
});

describe("the module file", () => {
  const folder = resolve(root, "modules/nixos/server/monitoring");
  /** Files that an entry imports, by its `./` paths, and those that they import. */
  const imported = (file: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/(?<=[\s[(])(\.\/[\w./-]+)/g)) {
      const at = resolve(dirname(file), path);
      const target = at.endsWith(".nix") ? at : resolve(at, "default.nix");
      if (existsSync(target)) imported(target, seen);
    }
    return seen;
  };
  const reached = [...imported(resolve(folder, "default.nix"))].map((file) => relative(folder, file));

  test.each(seed.structure.rows)("$row is there and imported", ({ row }) => {
    expect(reached).toContain(row);
  });
});

test.each(seed.ports.rows)("$row keeps its port", ({ name, port }) => {
  expect(findRow(name)?.port).toBe(port);
});

test.each(seed.troubleshooting.rows)("the page on troubleshooting says how to: $row", ({ command }) => {
  const page = readFileSync(resolve(root, "docs/troubleshooting.md"), "utf8");
  expect(page).toContain(command);
  const [, unit] = /systemctl status --no-pager (\S+)/.exec(command) ?? [];
  if (unit !== undefined) expect(catalog.map((row) => row.unit)).toContain(unit);
});
