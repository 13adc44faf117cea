const unit = require("./jest.config");

/**
 * Tests with the real engine on the sandbox: root, Linux, minutes. All files share one sandbox: each leaves its stacks as it found them,
 * converged to their committed configuration.
 */
module.exports = {
  ...unit,
  testMatch: ["<rootDir>/test/engine/**/*.test.ts"],
  globalSetup: "<rootDir>/test/engine/globalSetup.ts",
  globalTeardown: "<rootDir>/test/engine/globalTeardown.ts",
  testSequencer: "<rootDir>/test/engine/order.js",
  maxWorkers: 1,
  testTimeout: 600_000,
};
