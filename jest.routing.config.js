const unit = require("./jest.config");

/** Tests of the routes with the real Alertmanager on loopback: `alertmanager` and `amtool` on the PATH, no root, no sandbox. */
module.exports = { ...unit, testMatch: ["<rootDir>/test/routing/**/*.test.ts"], testTimeout: 60_000 };
