import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, instantPath } from "../../../cli/dashboards-preview/ask";
import { readBoard } from "../../../cli/dashboards-preview/board";
import { ticks } from "../../../cli/dashboards-preview/chart";
import { stepColour } from "../../../cli/dashboards-preview/colour";
import { drawPanel } from "../../../cli/dashboards-preview/panel";
import { preview } from "../../../cli/dashboards-preview/preview";
import { tableOf } from "../../../cli/dashboards-preview/table";
import { format } from "../../../cli/dashboards-preview/units";
import { choose, interpolate } from "../../../cli/dashboards-preview/variables";
import { dashboards } from "../../../dashboards";

const boards = Object.values(dashboards()).map(readBoard);
const panels = boards.flatMap((board) => board.panels.filter(({ type }) => type !== "row"));

describe("units", () => {
  test.each<[number, string, string]>([
    [0, "short", "0"],
    [1234, "short", "1.23 K"],
    [1536, "bytes", "1.5 KiB"],
    [-3 * 1024 ** 2, "binBps", "-3 MiB/s"],
    [2_500_000, "bps", "2.5 Mb/s"],
    [99.5, "percent", "99.5%"],
    [0.0005, "s", "500 µs"],
    [90, "s", "1.5 mins"],
    [0.5, "d", "12 hours"],
    [1, "bool", "True"],
    [0, "bool", "False"],
    [Number.NaN, "short", "NaN"],
    [Number.POSITIVE_INFINITY, "s", "+Inf years"],
    [12, "furlongs", "12 furlongs"],
  ])("%d of %s is %s", (value, unit, shown) => {
    expect(format(value, unit)).toBe(shown);
  });

  test("every unit that the dashboards use is known", () => {
    const used = panels.flatMap(({ fieldConfig: { defaults, overrides } }) => [
      defaults.unit ?? "none",
      ...overrides.flatMap(({ properties }) =>
        properties.filter(({ id }) => id === "unit").map(({ value }) => String(value)),
      ),
    ]);
    // an unknown one is shown by its id
    const unknown = [...new Set(used)].filter(
      (unit) => unit !== "d" && unit !== "s" && format(7, unit).endsWith(` ${unit}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("axes", () => {
  test.each<[number, number, number, 1000 | 1024, number[]]>([
    [0, 100, 5, 1000, [0, 20, 40, 60, 80, 100]],
    [0, 1, 2, 1000, [0, 0.5, 1]],
    [-7, 3, 4, 1000, [-7.5, -5, -2.5, 0, 2.5, 5]],
    [0, 0, 3, 1000, [0, 0.5]],
    [0, 3 * 1024 ** 3, 3, 1024, [0, 1024 ** 3, 2 * 1024 ** 3, 3 * 1024 ** 3]],
  ])("from %d to %d in about %d parts of base %d", (low, high, count, base, wanted) => {
    expect(ticks(low, high, count, base)).toEqual(wanted);
  });
});

test.each<[number, string]>([
  [-5, "#73bf69"],
  [80, "#ff9830"],
  [94.9, "#ff9830"],
  [95, "#f2495c"],
])("%d has the colour of the highest step that it reaches", (value, colour) => {
  const steps = [
    { value: null, color: "green" },
    { value: 80, color: "orange" },
    { value: 95, color: "red" },
  ];
  expect(stepColour(value, steps)).toBe(colour);
});

describe("variables", () => {
  const host = { name: "host", label: "Host", values: undefined, multi: true, allValue: undefined };
  test("all values, escaped for a regular expression in a PromQL string", () => {
    expect(choose(host, ["a.b", "c"]).value).toBe("(a\\\\.b|c)");
  });
  test("what All stands for, where the dashboard says so", () => {
    expect(choose({ ...host, allValue: ".+" }, ["a", "b"]).value).toBe(".+");
  });
  test("the first value, where only one can be chosen", () => {
    expect(choose({ ...host, multi: false }, ["a", "b"])).toMatchObject({ shown: ["a"], value: "a" });
  });
  test("Grafana's own ones by its rules", () => {
    const chosen = [choose(host, ["a"])];
    const expr = 'rate(x{host=~"$host", b="${host}"}[$__rate_interval]) + y[$__interval] + z[$__range] + $unknown';
    expect(interpolate(expr, chosen, 60, 1800)).toBe('rate(x{host=~"a", b="a"}[75s]) + y[60s] + z[1800s] + $unknown');
    expect(interpolate("[$__rate_interval]", [], 15, 1800)).toBe("[60s]");
  });
});

/** An answer that has something for every query: two hosts, each label that a table of ours asks for. */
const labels = (host: string) => ({ __name__: "m", host, name: host, instance: `${host}:1`, id: `qemu/${host}` });
const series = (path: string): Answer => {
  const points = path.startsWith("/api/v1/query_range")
    ? [0, 15, 30, 90].map((at) => [1000 + at, at] as const)
    : [[1000, 3] as const];
  return { series: ["<a>", "b"].map((host) => ({ labels: labels(host), points })), error: undefined };
};

describe("a page of pictures", () => {
  const folder = mkdtempSync(join(tmpdir(), "nixmon-preview-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const paths: string[] = [];
  const request = {
    ask: async (asked: readonly string[]) => {
      paths.push(...asked);
      return asked.map(series);
    },
    source: "a test",
    folder,
    range: 600,
    now: 1600,
  };

  test("is made for every dashboard, with every panel, and asks every PromQL query", async () => {
    const summaries = await preview(request);
    expect(summaries.map(({ failed, empty }) => [failed, empty])).toEqual(boards.map(() => [[], 0]));
    expect(summaries.map((one) => one.panels)).toEqual(
      boards.map((board) => board.panels.filter(({ type }) => type !== "row").length),
    );
    for (const { file } of summaries) {
      const html = readFileSync(join(folder, file), "utf8");
      // self-contained, and names are text
      expect(html).not.toMatch(/<script|<link|src=|@import|<a>[^<]|https?:\/\//);
      expect(readFileSync(join(folder, "index.html"), "utf8")).toContain(`href="${file}"`);
    }
    expect(paths.filter((path) => /%24(?!\d)/.test(path))).toEqual([]);
  });

  test("asks lines over the time shown, and numbers for its end", () => {
    const ranges = paths.filter((path) => path.startsWith("/api/v1/query_range"));
    expect(ranges.every((path) => path.endsWith("&start=1000&end=1600&step=15"))).toBe(true);
    expect(paths.filter((path) => !ranges.includes(path)).every((path) => path.endsWith("&time=1600"))).toBe(true);
    expect(instantPath("a b", 5)).toBe("/api/v1/query?query=a%20b&time=5");
  });
});

describe("a panel", () => {
  const window = { start: 1000, end: 1600, step: 15 };
  const panelOf = (type: string) => {
    const found = panels.find((panel) => panel.type === type);
    if (found === undefined) throw new Error(`no panel of kind ${type}`);
    return found;
  };
  const asked = (answer: Answer) => [{ refId: "A", expr: "x < 1", legend: "{{host}} in", answer }];

  test("of lines breaks where samples are missing, and has a legend", () => {
    const { html } = drawPanel(panelOf("timeseries"), asked(series("/api/v1/query_range")), window);
    // three points in a row, a gap, and one point alone, for each of two series
    expect(html.match(/<polyline points="[^ ]+ [^ ]+ [^ ]+"/g)).toHaveLength(2);
    expect(html.match(/<circle /g)).toHaveLength(2);
    expect(html).toContain("&#60;a&#62; in");
  });

  test("without data says so, and is marked", () => {
    const drawn = drawPanel({ ...panelOf("stat") }, asked({ series: [], error: undefined }), window);
    expect(drawn.empty).toBe(1);
    expect(drawn.html).toMatch(/class="panel blank".*No data/s);
  });

  test("whose query is refused shows what Prometheus said", () => {
    const drawn = drawPanel(panelOf("stat"), asked({ series: [], error: "parse error" }), window);
    expect(drawn.failed).toEqual(["parse error: x < 1"]);
    expect(drawn.html).toContain("parse error: x &#60; 1");
  });

  test("of a kind that nobody draws is an error that names it", () => {
    const odd = { ...panelOf("stat"), type: "piechart", title: "Odd" };
    expect(() => drawPanel(odd, asked(series("")), window)).toThrow('panel "Odd" is a piechart');
  });

  test("that is a table joins its queries by labels, renames, orders and colours", () => {
    const [board] = boards.filter(({ title }) => title === "Cluster overview");
    const table = board?.panels.find(({ title }) => title === "Hosts");
    if (table === undefined) throw new Error("no table Hosts");
    const one = (host: string, value: number) => ({ labels: { host }, points: [[0, value] as const] });
    const { titles, body } = tableOf(table, [
      { refId: "A", series: [one("b", 0), one("a", 1)] },
      { refId: "C", series: [one("a", 95.5)] },
    ]);
    expect(titles.slice(0, 4)).toEqual(["Host", "Up", "Running for", "CPU"]);
    expect(body.map((row) => row.map(({ text }) => text).slice(0, 4))).toEqual([
      ["a", "True", "", "95.5%"],
      ["b", "False", "", ""],
    ]);
    expect(body[0]?.[3]?.colour).toBe("#f2495c");
  });
});
