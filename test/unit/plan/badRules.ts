import type { Json, JsonObject } from "../../../plan/types";

export const group = (more: JsonObject) => ({ groups: [{ name: "own", rules: [], ...more }] });
export const alert: JsonObject = {
  alert: "Hot",
  expr: "celsius > 80 # in the shade",
  for: "5m",
  labels: { severity: "warning" },
  annotations: { summary: '{{ $labels.host }} has {{ printf "%.1f}}" $value }} {{/* don\'t */}}{{ `"` }}' },
};
export const record: JsonObject = { record: "job:up:sum", expr: "sum by (job) (up)", labels: { team: "ops" } };
export const rules = (...all: Json[]) => group({ rules: all });
const duration = "0 or a duration such as 90d, 12h or 1h30m (units y, w, d, h, m, s, ms, largest first)";
const either = "either `alert` or `record`, and `expr`";
const list = "`groups:` and below it a list of groups of rules";

/** A rule file with one mistake each: what it is, the file, and a part of the line that tells of it. */
export const badRules: [mistake: string, file: Json, line: string][] = [
  ["an empty file", null, `own.yaml: got nothing, want ${list}`],
  ["a file that is a list", [1], `own.yaml: got [1], want ${list}`],
  ["a file without groups", { rules: [alert] }, `own.yaml: got \`groups\` with nothing, want ${list}`],
  ["groups that are no list", { groups: { own: {} } }, `own.yaml: got \`groups\` with {"own":{}}, want ${list}`],
  ["an unknown key of the file", { groups: [], group: 1 }, "own.yaml: group: got an unknown key, want one of groups"],
  ["a group that is none", { groups: ["own"] }, 'own.yaml: groups[0]: got "own", want a group: `name` and `rules`'],
  ["a group without name", { groups: [{ rules: [] }] }, "own.yaml: groups[0].name: got nothing, want the group's name"],
  [
    "two groups of one name",
    { groups: [...group({}).groups, ...group({}).groups] },
    'own.yaml: groups[1].name: got "own" a second time, want another name',
  ],
  [
    "an unknown key of a group",
    group({ rule: [] }),
    "own.yaml: groups[0].rule: got an unknown key, want one of name, interval, query_offset, limit, labels, rules",
  ],
  ["a bad interval", group({ interval: "5" }), `own.yaml: groups[0].interval: got "5", want ${duration}`],
  ["a bad limit", group({ limit: "many" }), 'own.yaml: groups[0].limit: got "many", want a whole number'],
  ["a group without rules", group({ rules: null }), "own.yaml: groups[0].rules: got nothing, want a list of rules"],
  ["a rule that is none", rules("Hot"), `own.yaml: groups[0].rules[0]: got "Hot", want a rule: ${either}`],
  [
    "a rule without name",
    rules(record, { expr: "up" }),
    `own.yaml: groups[0].rules[1]: got neither \`alert\` nor \`record\`, want ${either}`,
  ],
  [
    "a rule of two names",
    rules({ ...alert, record: "a" }),
    `own.yaml: groups[0].rules[0]: got both \`alert\` and \`record\`, want ${either}`,
  ],
  ["an alert named by a number", rules({ ...alert, alert: 5 }), "rules[0].alert: got 5, want the alert's name"],
  [
    "a record with braces",
    rules({ ...record, record: "a{}" }),
    'rules[0].record: got "a{}", want the name of a metric',
  ],
  [
    "an unknown key of a rule",
    rules({ ...alert, severity: "critical" }),
    "own.yaml: Hot.severity: got an unknown key, want one of alert, record, expr, for",
  ],
  ["no expression", rules({ alert: "Hot" }), "own.yaml: Hot.expr: got nothing, want a PromQL expression"],
  ["an expression that is a number", rules({ ...alert, expr: 1 }), "Hot.expr: got 1, want a PromQL expression"],
  [
    "an expression that is no PromQL",
    rules({ ...alert, expr: "sum(rate(up[5m]) > 1" }),
    'own.yaml: Hot.expr: got a mistake at "sum(rate(up[5m]) > 1", want a PromQL expression',
  ],
  ["an unknown function", rules({ ...alert, expr: "summ(up)" }), 'Hot.expr: got a mistake at "summ(up)"'],
  ["a bad waiting time", rules({ ...alert, for: "5 min" }), `own.yaml: Hot.for: got "5 min", want ${duration}`],
  ["a waiting time without unit", rules({ ...alert, for: 5 }), `own.yaml: Hot.for: got 5, want ${duration}`],
  ["a list of labels", rules({ ...alert, labels: ["a"] }), 'Hot.labels: got ["a"], want names with a text each'],
  [
    "a label that is a number",
    rules({ ...alert, labels: { tier: 1 } }),
    "Hot.labels.tier: got 1, want a text, in quotes",
  ],
  [
    "a label for the name",
    rules({ ...alert, labels: { __name__: "a" } }),
    'Hot.labels.__name__: got "__name__", want another',
  ],
  [
    "one annotation",
    rules({ ...alert, annotations: "Hot!" }),
    'Hot.annotations: got "Hot!", want names with a text each',
  ],
  [
    "a template that does not end",
    rules({ ...alert, annotations: { summary: "{{ $value }} {{ $labels.host }" } }),
    'Hot.annotations.summary: got "{{ $value }} {{ $labels.host }", want `}}` for each `{{`',
  ],
  [
    "a recording rule that waits",
    rules({ ...record, for: "5m" }),
    'own.yaml: job:up:sum.for: got "5m", want nothing: only alerts have it',
  ],
  [
    "a recording rule with a text",
    rules({ ...record, annotations: { summary: "a" } }),
    'job:up:sum.annotations: got {"summary":"a"}, want nothing: only alerts have it',
  ],
];

/** What promtool takes as it is written, but not all that the plan makes of it on its way to the host is the same. */
export const onlyWeRefuse: readonly string[] = [
  "an empty file",
  "a group without rules",
  "an alert named by a number",
  "an expression that is a number",
  "a label that is a number",
];
