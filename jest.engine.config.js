const unit = require("./jest.config");

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
  "secretKey",
  "token",
];
const files = { apart: `{${apart.join(",")}}`, rest: `!(${apart.join("|")})` }[process.env.NIXMON_ENGINE_PART] ?? "*";

/**
 * Tests with the real engine on the sandbox: root, Linux, minutes. All files share one sandbox: each leaves its stacks as it found them,
 * converged to their committed configuration. NIXMON_ENGINE_PART: `apart` or `rest`, for two sandboxes beside each other.
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
