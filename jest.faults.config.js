const engine = require("./jest.engine.config");

/** The fault table: `test/faults/run.sh`. On a sandbox's bridge, with hosts and a stack of its own. */
module.exports = {
  ...engine,
  testMatch: ["<rootDir>/test/faults/**/*.test.ts"],
  globalSetup: "<rootDir>/test/faults/globalSetup.ts",
  globalTeardown: "<rootDir>/test/faults/globalTeardown.ts",
  bail: 0,
};
