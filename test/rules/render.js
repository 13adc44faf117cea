/**
 * Writes the rule files as a cluster without overrides gets them to build/rules/, where promtool checks and tests them.
 * Usage: node test/rules/render.js. Fails when a placeholder has no default in alerts/thresholds.yaml.
 */
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { transformFileSync } = require("@swc/core");
const { load } = require("js-yaml");

// The product's own renderer, straight from its source: no build has to come first.
require.extensions[".ts"] = (module, file) => {
  const options = { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } };
  module._compile(transformFileSync(file, options).code, file);
};
const { renderRules } = require("../../plan/rules.ts");

const alerts = join(__dirname, "..", "..", "alerts");
const out = join(__dirname, "..", "..", "build", "rules");
const read = (file) => load(readFileSync(join(alerts, file), "utf8"));

const names = readdirSync(alerts).filter((name) => name.endsWith(".yaml") && name !== "thresholds.yaml");
const files = Object.fromEntries(names.map((name) => [name, read(name)]));
const rendered = renderRules({ files, thresholds: read("thresholds.yaml"), cluster: {}, hosts: {} });
if (rendered.problems.length > 0) {
  for (const { key, got, want } of rendered.problems) console.error(`${key}: got ${got}, want ${want}`);
  process.exit(1);
}

mkdirSync(out, { recursive: true });
for (const [name, content] of Object.entries(rendered.files)) {
  // The link to the runbook is made by one function for all alerts and has a test of its own.
  const text = JSON.stringify(content, (key, value) => (key === "runbook_url" ? undefined : value), 2);
  writeFileSync(join(out, name), `${text}\n`); // JSON is YAML
}
