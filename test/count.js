/**
 * Of jest's report (--json): a line for each test that was skipped, and the last line that test/steps.sh adds up.
 * Usage: node test/count.js REPORT
 */
const { readFileSync } = require("node:fs");
const { relative, resolve } = require("node:path");

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const skipped = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults
    .filter(({ status }) => status === "pending" || status === "todo")
    .map(({ fullName }) => `skip - ${relative(resolve(__dirname, ".."), name)}: ${fullName}`),
);
for (const line of skipped) console.log(line);
const counts = [
  `${report.numPassedTests} passed`,
  `${report.numFailedTests + report.numRuntimeErrorTestSuites} failed`,
];
if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
console.log(counts.join(", "));
