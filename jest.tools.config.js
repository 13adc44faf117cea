const unit = require("./jest.config");

/** Tests with real programs on loopback or on files, on the PATH after `make tools`: no root, no sandbox. See test/with-tools.sh. */
module.exports = {
  ...unit,
  testMatch: ["routing", "logs", "property", "trust"].map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  testTimeout: 120_000,
};
