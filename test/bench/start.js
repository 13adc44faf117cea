// Prints the milliseconds from the start of the program to its first registration, with the engine mocked away. The SDK is loaded before:
// the language host does that for every program.
const { readFileSync, writeSync } = require("node:fs");
const { resolve } = require("node:path");
const root = resolve(__dirname, "../..");
const pulumi = require("@pulumi/pulumi");
const { load } = require("js-yaml");

const { config } = load(readFileSync(resolve(root, "Pulumi.nixmon.yaml"), "utf8"));
for (const [key, value] of Object.entries(config)) {
  pulumi.runtime.setConfig(key, typeof value === "string" ? value : JSON.stringify(value));
}
pulumi.runtime.setMocks(
  {
    newResource() {
      writeSync(1, `${Math.round(performance.now() - begin)}\n`);
      // at once: the SDK would complain of what is still to come
      process.reallyExit(0);
    },
    call: () => ({}),
  },
  "nixmon",
  "nixmon",
);
const begin = performance.now();
require(resolve(root, "dist/index.js"))();
