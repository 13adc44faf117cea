const unit = require("./jest.config");

/** What needs the engine and its state, and no host. */
const alone = ["secretKey"];

/** About half of the time, and nothing that asks npm for packages: the other sandbox's network leads nowhere. */
const apart = [
  "canary",
  "exposure",
  "externalKanidm",
  "flake",
  "import",
  "kanidmFaults",
  "lifecycle",
  "machines",
  "policy",
  "preview",
  "proxmox9",
  "rotation",
  "token",
];
const any = (names) => `@(${names.join("|")})`;
const rest = `!(${[...alone, ...apart].join("|")})`;
const files = { alone: any(alone), apart: any(apart), rest }[process.env.NIXMON_ENGINE_PART] ?? "*";

/**
 * Tests with the real engine on the sandbox: root, Linux, minutes. All files share one sandbox: each leaves its stacks as it found them,
 * converged to their committed configuration. NIXMON_ENGINE_PART: `apart` or `rest`, for two sandboxes beside each other, or `alone`, without one.
 */
module.exports = {
  ...unit,
  testMatch: [`<rootDir>/test/engine/${files}.test.ts`],
  globalSetup: "<rootDir>/test/engine/globalSetup.ts",
  globalTeardown: "<rootDir>/test/engine/globalTeardown.ts",
  testSequencer: "<rootDir>/test/engine/order.js",
  maxWorkers: 1,
  testTimeout: 600_000,
};
