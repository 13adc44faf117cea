/** Tests with the real engine on the sandbox: root, Linux, minutes. */
const unit = require("./jest.config");

module.exports = { ...unit, testMatch: ["<rootDir>/test/engine/**/*.test.ts"], maxWorkers: 1, testTimeout: 600_000 };
