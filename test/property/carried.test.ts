import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { load } from "js-yaml";
import { quote } from "../../cli/push/remote";
import { yaml } from "../../cli/render/files";
import { alloyString } from "../../plan/alloy";
import { fileSdOfTargets } from "../../plan/fileSd";
import { planCluster } from "../../plan/plan";
import { prometheusConfig } from "../../plan/prometheus";
import { renderRules } from "../../plan/rules";
import { parseManifest, targetsOfManifest } from "../../plan/targets";
import type { JsonObject } from "../../plan/types";
import { readContent } from "../../stacks/content";
import { cluster } from "../unit/plan/fixture";
import { output, sample, tellCases, texts } from "./texts";

const root = resolve(__dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "nixmon-property-"));

afterAll(() => rmSync(work, { recursive: true, force: true }));

test("words come out of sh as they went through quote()", () => {
  const words = sample(texts, 3000);
  const script = words.map((word) => `printf '%s\\0' ${quote(word)}`).join("\n");
  const seen = output("sh", ["-s"], script).toString("utf8").split("\0");
  expect(seen.slice(0, -1)).toEqual(words);
});

test("control: a word that is not quoted would not", () => {
  expect(output("sh", ["-s"], "printf '%s\\0' $(echo a b)").toString()).not.toBe("$(echo a b)\0");
  expect(() => quote("a\0b")).toThrow("NUL");
});

test("keys and values come out of YAML as they went in", () => {
  const documents = sample(
    fc.dictionary(texts, fc.oneof(texts, fc.array(texts)), { maxKeys: 5, noNullPrototype: true }),
    3000,
  );
  for (const document of documents) expect(load(yaml(document as JsonObject))).toEqual(document);
});

/** Names of labels that a host's manifest may give. */
const labelNames = fc
  .stringMatching(/^[a-z][a-z_]{0,8}$/)
  .filter((name) => !["job", "host", "instance"].includes(name));

test("labels of a host's manifest reach Prometheus as they are, by its own reading of the target files", () => {
  // Prometheus drops empty labels
  const values = texts.filter((text) => text !== "");
  const labels = sample(fc.dictionary(labelNames, values, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), 1500);
  const exporters = labels.map((own, index) => ({
    name: `scrape:s${index}`,
    job: `s${index}`,
    address: "10.0.0.5",
    port: 9000,
    path: "/metrics",
    scheme: "http",
    labels: own,
    params: {},
  }));
  const manifest = { schema: 1, host: "web1", hash: "h", exporters };
  const targets = targetsOfManifest(parseManifest(JSON.stringify(manifest)));
  const files = join(work, "targets.json");
  writeFileSync(files, JSON.stringify(fileSdOfTargets(targets)));
  const config = prometheusConfig({ cluster: "test", scrapeTokens: [], alerting: false });
  const text = JSON.stringify({ ...config, rule_files: [] }).replace("/var/lib/nixmon/targets/*.json", files);
  writeFileSync(join(work, "prometheus.yml"), text);
  const args = ["check", "service-discovery", "--timeout=2s", join(work, "prometheus.yml"), "hosts"];
  const discovered = JSON.parse(output("promtool", args).toString("utf8")) as { labels: Record<string, string> }[];
  const own = new Map(discovered.map(({ labels: all }) => [all.job, all]));
  expect(own.size).toBe(labels.length);
  for (const [index, wanted] of labels.entries()) expect(own.get(`s${index}`)).toMatchObject(wanted);
});

test("texts of alertmanager.yml go through the NixOS module and envsubst unchanged", () => {
  const notes = sample(texts, 1500);
  const host = planCluster(cluster(), readContent()).hosts.nixmon;
  if (!host?.collector?.alertmanager) throw new Error("the plan has no alertmanager.yml for nixmon");
  host.collector.alertmanager.global = { notes };
  writeFileSync(join(work, "host.json"), JSON.stringify(host));
  const expression = `
    let
      lib = import ${root}/sandbox/nix/lib;
      inherit (import ${root}/sandbox/nix/evaluate.nix {
        configuration = [ ${root}/test/nix/fixtures/primary.nix { server.monitoring.data = lib.mkForce ${work}/host.json; } ];
      }) config;
    in config.services.prometheus.alertmanager.configuration.global.notes`;
  const told = JSON.parse(
    output("nix-instantiate", ["--eval", "--strict", "--json", "-E", expression]).toString("utf8"),
  ) as string[];
  // envsubst leaves what has no dollar sign of its own, and makes one of two
  expect(told.filter((text) => /(?<!\$)\$(\$\$)*(?!\$)/.test(text))).toEqual([]);
  expect(told.map((text) => text.replaceAll("$$", "$"))).toEqual(notes);
});

test("strings of config.alloy are strings to Alloy's own parser", () => {
  const strings = sample(texts, 1500);
  const attributes = strings.map((text, index) => `  a${index} = ${alloyString(text)}`);
  output("alloy-syntax", [], `block "x" {\n${attributes.join("\n")}\n}\n`);
  for (const text of strings) expect(JSON.parse(alloyString(text))).toBe(text);
  expect(() => output("alloy-syntax", [], 'block "x" {\n  a = "a\nb"\n}\n')).toThrow("stdin:2");
});

test("rules with any threshold are rules to promtool, and say it in their texts", () => {
  const percents = sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 500);
  const { rules, thresholds = {} } = readContent();
  const file = rules["host.yaml"];
  if (file === undefined) throw new Error("alerts/host.yaml: not found");
  const rendered = percents.map((percent) => {
    const cluster = { HighCPUUsage: { thresholds: { percent } } };
    const { files, problems } = renderRules({ files: { "host.yaml": file }, thresholds, cluster, hosts: {} });
    expect(problems).toEqual([]);
    const groups = files["host.yaml"]?.groups as { rules: { alert: string; annotations: { description: string } }[] }[];
    const rule = groups.flatMap((group) => group.rules).find(({ alert }) => alert === "HighCPUUsage");
    expect(rule?.annotations.description).toContain(`more than ${percent}%`);
    return rule as unknown as JsonObject;
  });
  const checked = join(work, "rules.yaml");
  writeFileSync(checked, yaml({ groups: rendered.map((rule, index) => ({ name: `g${index}`, rules: [rule] })) }));
  expect(output("promtool", ["check", "rules", "--lint=none", checked]).toString()).toContain(
    `${percents.length} rules found`,
  );
});

test("control: a rule that is none is refused by promtool, with its file and name", () => {
  const broken = join(work, "broken.yaml");
  writeFileSync(broken, yaml({ groups: [{ name: "g", rules: [{ alert: "Broken", expr: "sum by (host (up)" }] }] }));
  expect(() => output("promtool", ["check", "rules", broken])).toThrow(/broken\.yaml.*Broken.*parse error/s);
});

// the last test of the file: those before it have tried theirs
test("as many cases as this project says were tried", () => {
  expect(tellCases()).toBeGreaterThanOrEqual(10_000);
});
