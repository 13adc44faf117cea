// Writes docs/benchmarks.md and its chart from what the benchmarks left in docs/benchmarks/.
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join, resolve } = require("node:path");

const folder = resolve(__dirname, "../../docs/benchmarks");
const read = (name) => {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  return name.endsWith(".json") ? JSON.parse(text) : text;
};

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const spread = (values) => {
  if (values.length === 1) return values[0].toFixed(2);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
};
const table = (rows) => rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
const head = (cells) => [cells, cells.map(() => "---")];

const works = {
  first: "first push",
  unchanged: "nothing changed",
  one: "one host changed",
  rotate: "one secret rotated everywhere",
};

/** How many times faster than the other tool each work is to be. */
const wanted = {
  pyinfra: { first: 3, unchanged: 5, one: 5, rotate: 3 },
  "Ansible, one archive": { first: 8, unchanged: 20, one: 20, rotate: 8 },
};

function comparison({ hosts, runs, machine, date, tools, scale, latency, fileByFile }) {
  const names = Object.keys(tools);
  const rows = Object.entries(works).map(([work, title]) => [title, ...names.map((name) => spread(tools[name][work]))]);
  const factor = (name, work) => (median(tools[name][work]) / median(tools.ours[work])).toFixed(1);
  const others = names.filter((name) => name !== "ours");
  const goal = (name, work) => (wanted[name] ? ` (wanted ${wanted[name][work]})` : "");
  const factors = Object.entries(works).map(([work, title]) => [
    title,
    ...others.map((name) => factor(name, work) + goal(name, work)),
  ]);
  const seconds = (name, work) => median(tools[name][work]);
  const floors = [
    [
      "first push, against the raw engine with as many remote Commands",
      (seconds("ours", "first") / seconds("engine, remote Commands", "first")).toFixed(2),
      "at most 1.5",
    ],
    [
      "nothing changed, against a program with as many resources that do nothing",
      (seconds("ours", "unchanged") / seconds("engine alone", "unchanged")).toFixed(2),
      "at most 1.2",
    ],
    [
      "one host changed, on top of nothing changed",
      `${(seconds("ours", "one") - seconds("ours", "unchanged")).toFixed(2)} s, ${tools.ours.connections.one} connections`,
      "at most 1 s, 2 connections",
    ],
    [
      `targets of ${latency.hosts} hosts to one primary, ${latency.delay} ms added on each way, sshd's own limits, --parallel ${latency.parallel}`,
      `${latency.refused} refused, ${latency.seconds.toFixed(1)} s (plain ssh at once: ${latency.control} refused)`,
      "0 refused",
    ],
  ];
  const counted = Object.entries(works).map(([work, title]) => [
    title,
    ...names.map((name) => tools[name].connections[work]),
  ]);
  const grown = scale.map((at) => [
    at.hosts,
    spread(at.unchanged),
    spread(at.one),
    (median(at.one) - median(at.unchanged)).toFixed(2),
    Math.round(at.bytes / at.hosts),
  ]);
  const asMost = ["first", "unchanged"].map((work) => {
    const [ours, ansible] = [fileByFile.ours[work], fileByFile.ansible[work]];
    const goal = wanted["Ansible, one archive"][work];
    return [works[work], ours.toFixed(2), ansible.toFixed(1), `${(ansible / ours).toFixed(1)} (wanted ${goal})`];
  });
  return `## Against pyinfra and Ansible

${hosts} hosts, each a network and mount namespace with a real sshd and node exporter (\`test/bench/hosts\`); activation is a fake of equal cost for
all. Wall seconds, median of ${runs} runs (Ansible: ${tools["Ansible, one archive"].first.length}), least and most in brackets; ${machine}; ${date}. \`engine alone\` is a program with as many resources
that do nothing; \`engine, remote Commands\` does the work by two \`command:remote:Command\` a host (the provider being the sandbox's stand-in),
with no gate, no way back and no confirmation. As most people write it pyinfra sends the folder file by file (\`files.sync\`); \`one archive\` is
what somebody would write who has measured.

${table([...head(["seconds", ...names]), ...rows])}
![Seconds for each work](benchmarks/compare.svg)

How many times longer the others take:

${table([...head(["", ...others]), ...factors])}
Ansible as most people write it (\`copy\` of the folder, file by file), ${fileByFile.hosts} hosts, one run:

${table([...head(["seconds", "ours", "Ansible, file by file", "times longer"]), ...asMost])}
Against the floor:

${table([...head(["figure", "measured", "wanted"]), ...floors])}
SSH connections:

${table([...head(["", ...names]), ...counted])}
By the number of hosts:

${table([...head(["hosts", "nothing changed, s", "one host changed, s", "difference, s", "bytes of state a host"]), ...grown])}`;
}

/** Grouped bars on a logarithmic scale, since the longest takes a hundred times as long as the shortest. */
function chart({ tools }) {
  const names = Object.keys(tools);
  const colours = ["#2f6f4f", "#a9b7ad", "#7f93a8", "#d98c3f", "#e8c08f", "#d9807d", "#b0413e"];
  const [left, top, plot, bar, gap] = [210, 50, 740, 16, 22];
  const all = names.flatMap((name) => Object.keys(works).flatMap((work) => tools[name][work]));
  const [low, high] = [Math.log10(Math.min(...all) * 0.7), Math.log10(Math.max(...all) * 1.3)];
  const x = (seconds) => left + (plot * (Math.log10(seconds) - low)) / (high - low);
  const group = names.length * bar + gap;
  const text = (px, py, words, more = "") => `<text x="${px}" y="${py}" ${more}>${words}</text>`;
  const bars = Object.entries(works).flatMap(([work, title], g) => [
    text(left - 12, top + g * group + (names.length * bar) / 2 + 4, title, 'text-anchor="end"'),
    ...names.map((name, i) => {
      const [y, seconds] = [top + g * group + i * bar, median(tools[name][work])];
      const width = (x(seconds) - left).toFixed(1);
      return `<rect x="${left}" y="${y}" width="${width}" height="${bar - 3}" fill="${colours[i]}"/>${text(x(seconds) + 5, y + 11, `${seconds.toFixed(1)} s`, 'font-size="10"')}`;
    }),
  ]);
  const legend = names.map((name, i) => {
    const px = 20 + i * 145;
    return `<rect x="${px}" y="18" width="12" height="12" fill="${colours[i]}"/>${text(px + 17, 28, name)}`;
  });
  const height = top + Object.keys(works).length * group + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1040 ${height}" font-family="sans-serif" font-size="12">
<rect width="1040" height="${height}" fill="#fff"/>
${[...legend, ...bars].join("\n")}
</svg>
`;
}

const [sandbox, compare, plan] = [read("sandbox.md"), read("compare.json"), read("plan.json")];
const parts = ["# Benchmarks\n\nMade by `make bench` (the sandbox), `make bench-compare` and `make bench-plan`.\n"];
if (sandbox) parts.push(sandbox);
if (compare) {
  parts.push(comparison(compare));
  writeFileSync(join(folder, "compare.svg"), chart(compare));
}
if (plan) {
  const rows = [
    [`planning, rendering and hashing ${plan.hosts} hosts with all exporters`, `${spread(plan.seconds)} s`, "2 s"],
    ["memory of that", `${Math.max(...plan.megabytes).toFixed(0)} MB`, "300 MB"],
    ["own checks, promtool and amtool on 500 rules and 200 hosts", `${spread(plan.checks)} s`, "1 s"],
  ];
  parts.push(`## Planning\n\n${table([...head(["figure", "measured", "wanted"]), ...rows])}`);
}
writeFileSync(resolve(folder, "../benchmarks.md"), `${parts.join("\n").trimEnd()}\n`);
