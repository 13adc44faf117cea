import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { load } from "js-yaml";
import { seenFile, seenMetrics, standInJobs, unprovenMetrics, usedMetrics } from "../unit/alerts/knownMetrics";
import { boards, filledIn, panelsOf, variableSelectors } from "../unit/dashboards/queries";
import { eventually, must, onHost, root } from "./sandbox";

/** One series of an instant query. */
interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

interface Answer {
  status: string;
  error?: string;
  data: { result: Sample[] };
}

/** Answers of the primary's Prometheus to many queries by one connection, in their order. */
function ask(queries: readonly string[]): Answer[] {
  const chunk = 50;
  const answers: Answer[] = [];
  for (let at = 0; at < queries.length; at += chunk) {
    const urls = queries
      .slice(at, at + chunk)
      .map((query) => `url = "http://10.231.77.11:9090/api/v1/query?query=${encodeURIComponent(query)}"`);
    const printed = onHost("nixmon", `curl -sS -g -w '\\n' -K - <<'URLS'\n${urls.join("\n")}\nURLS\n`);
    const lines = printed.split("\n").filter((line) => line !== "");
    answers.push(...lines.map((line) => JSON.parse(line) as Answer));
  }
  expect(answers).toHaveLength(queries.length);
  return answers;
}

/** What Prometheus makes itself: it has a job's label, but no exporter gives it. */
const ownSeries = /^(ALERTS$|nixmon:|up$|scrape_)/;

function seenNow(names: ReadonlySet<string>): Record<string, string[]> {
  const [answer] = ask([`group by (__name__, job) ({__name__=~"${[...names].join("|")}"})`]);
  const seen: Record<string, string[]> = {};
  for (const { metric } of answer?.data.result ?? []) {
    const name = metric.__name__ ?? "";
    const jobs = seen[name] ?? [];
    seen[name] = jobs;
    if (!ownSeries.test(name) && metric.job !== undefined) jobs.push(metric.job);
  }
  return Object.fromEntries(
    Object.entries(seen)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, jobs]) => [name, jobs.sort()]),
  );
}

describe("every metric that a rule or a dashboard reads", () => {
  const used = usedMetrics();
  const { absent, sometimes, standIn } = unprovenMetrics();
  const lasting = new Set([...used].filter((name) => sometimes[name] === undefined));

  test("is given by a real exporter of the sandbox, or has its reason in alerts/metrics/unproven.yaml", async () => {
    const wanted = [...lasting].filter((name) => absent[name] === undefined);
    const seen = await eventually(
      90,
      () => seenNow(lasting),
      (now) => wanted.every((name) => now[name] !== undefined),
    );
    const onlyByStandIn = Object.entries(seen).filter(
      ([name, jobs]) => !ownSeries.test(name) && jobs.every((job) => standInJobs.includes(job)),
    );
    expect(onlyByStandIn.map(([name]) => name)).toEqual(Object.keys(standIn).sort());
    expect(Object.keys(absent).filter((name) => seen[name] !== undefined)).toEqual([]);
  });

  test("is in alerts/metrics/seen.json, by the jobs that give it", () => {
    const seen = seenNow(lasting);
    const file = resolve(root, "build/engine/seen.json");
    mkdirSync(dirname(file), { recursive: true });
    const lines = Object.entries(seen).map(([name, jobs]) => `  ${JSON.stringify(name)}: ${JSON.stringify(jobs)}`);
    writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
    const known = seenMetrics();
    if (JSON.stringify(seen) === JSON.stringify(known)) return;
    throw new Error(
      `${seenFile} is not what the sandbox's exporters give: look at \`diff alerts/metrics/seen.json ${file}\`, and copy the new file over the old one if it is right`,
    );
  });

  test("control: a metric that nothing gives would be noticed", () => {
    expect(Object.keys(seenNow(new Set(["up", "node_no_such_metric"])))).toEqual(["up"]);
  });
});

/** Queries of panels that are empty in the sandbox: dashboard, then panel -> reason. */
interface Empty {
  /** Always: a query that has data after all is a failure. */
  always: Record<string, Record<string, string>>;
  /** Now and then, as it should be. */
  sometimes: Record<string, Record<string, string>>;
}

const empty = load(readFileSync(resolve(root, "test/engine/empty-panels.yaml"), "utf8")) as Empty;

interface Asked {
  board: string;
  panel: string;
  refId: string;
  expr: string;
}

function panelQueries(): Asked[] {
  return boards().flatMap((board) => [
    ...panelsOf(board).flatMap((panel) =>
      (panel.targets ?? [])
        .filter(({ datasource }) => datasource.type === "prometheus")
        .map(({ refId, expr }) => ({ board: board.title, panel: panel.title, refId, expr: filledIn(expr) })),
    ),
    ...variableSelectors(board).map((expr) => ({ board: board.title, panel: "variables", refId: "-", expr })),
  ]);
}

describe("every PromQL query of the dashboards", () => {
  const reason = ({ board, panel }: Asked, kind: keyof Empty) => empty[kind][board]?.[panel];

  test("is taken by Prometheus and has data, or its panel has a reason in empty-panels.yaml", async () => {
    const all = panelQueries();
    expect(all.length).toBeGreaterThan(150);
    const wanted = all.filter((one) => reason(one, "always") === undefined && reason(one, "sometimes") === undefined);
    const show = ({ board, panel, refId, expr }: Asked) => `${board}, ${panel}, ${refId}: ${expr}`;
    await eventually(
      90,
      () => {
        const answers = ask(wanted.map(({ expr }) => expr));
        return wanted.filter((_, index) => (answers[index]?.data?.result ?? []).length === 0).map(show);
      },
      (without) => without.length === 0,
    );
    const left = all.filter((one) => !wanted.includes(one));
    const answers = ask(left.map(({ expr }) => expr));
    expect(answers.filter(({ status }) => status !== "success")).toEqual([]);
    const full = left.filter(
      (one, index) => reason(one, "always") !== undefined && (answers[index]?.data.result.length ?? 0) > 0,
    );
    expect(full.map(show)).toEqual([]);
  });

  test("each reason belongs to a panel that there is", () => {
    const there = new Set(panelQueries().map(({ board, panel }) => `${board}, ${panel}`));
    const said = Object.values(empty).flatMap((kind: Empty["always"]) =>
      Object.entries(kind).flatMap(([board, panels]) => Object.keys(panels).map((panel) => `${board}, ${panel}`)),
    );
    expect(said.filter((one) => !there.has(one))).toEqual([]);
  });
});

/** What the preview says of a dashboard. */
interface Drawn {
  file: string;
  title: string;
  panels: number;
  failed: string[];
}

test("make dashboards-preview draws every dashboard, and nothing is refused", () => {
  const folder = resolve(root, "build/engine/preview");
  const words = ["--stack", "sandbox", "--json", "--out", folder];
  const printed = must(["node", "dist/cli/dashboards-preview.js", ...words]).stdout;
  const { dashboards } = JSON.parse(printed) as { dashboards: Drawn[] };
  expect(dashboards.map(({ title }) => title).sort()).toEqual(
    boards()
      .map(({ title }) => title)
      .sort(),
  );
  expect(dashboards.flatMap(({ failed }) => failed)).toEqual([]);
  for (const { file, title, panels } of dashboards) {
    const page = readFileSync(resolve(folder, file), "utf8");
    expect(page).toContain(`<h1>${title}</h1>`);
    expect(page.match(/<section class="panel/g)).toHaveLength(panels);
  }
  // pictures, not only the frames around them
  expect(readFileSync(resolve(folder, "host.html"), "utf8")).toMatch(/<svg.*<svg/s);
});
