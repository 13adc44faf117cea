// Reads what Nix evaluated for run.sh and says what holds.
//   report.js FILE SUFFIX          one line per case
//   report.js --same A B           fails where the systems of two evaluations differ
//   report.js --subset FILE LIST   fails where a declared option is not in the list
//   report.js --scripts FILE       fails where a unit's script is no valid shell
const { spawnSync } = require("node:child_process");
const { readFileSync } = require("node:fs");

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const show = (value) => JSON.stringify(value)?.slice(0, 600);

/** Prints every problem; the exit code says whether there was one. */
function report(problems) {
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

function different(a, b, path) {
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
    return a === b ? [] : [`${path}: ${show(a)} here, ${show(b)} there`];
  }
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    different(a[key], b[key], `${path}.${key}`),
  );
}

function brokenScripts({ systems }) {
  const scripts = Object.values(systems).flatMap(({ etc }) =>
    Object.entries(etc).filter(([, file]) => file.text.startsWith("#!")),
  );
  if (scripts.length === 0) return ["no script found: the search is wrong"];
  return scripts.flatMap(([name, { text }]) => {
    const { status, stderr } = spawnSync("sh", ["-n"], { input: text, encoding: "utf8" });
    return status === 0 ? [] : [`${name}: ${stderr}`];
  });
}

const [mode, first, second] = process.argv.slice(2);
if (mode === "--same") {
  report(different(read(first).systems, read(second).systems, "systems").slice(0, 20));
} else if (mode === "--subset") {
  const known = new Set(readFileSync(second, "utf8").split("\n"));
  report(read(first).declared.filter((path) => !known.has(path)));
} else if (mode === "--scripts") {
  report(brokenScripts(read(first)));
} else {
  for (const { name, ok, got, want } of read(mode).cases) {
    console.log(`${ok ? "ok" : "not ok"} - ${name}${first ?? ""}`);
    if (!ok) console.log(`#   got  ${show(got)}\n#   want ${show(want)}`);
  }
}
