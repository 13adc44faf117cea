import { parser as logql } from "@grafana/lezer-logql";
import { parsePromql } from "../../../plan/promql";
import { knownMetrics } from "../alerts/knownMetrics";
import { boards, type Panel, panelsOf, queriesOf, variableSelectors } from "./queries";

const all = boards();
const source = { prometheus: "prometheus", loki: "loki" } as const;

function logqlErrors(expr: string): string[] {
  const errors: string[] = [];
  logql.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) errors.push(expr.slice(Math.max(0, node.from - 20), node.to + 20));
    },
  });
  return errors;
}

test("there are the dashboards that the cluster needs", () => {
  expect(all.map(({ file }) => file).sort()).toEqual(
    [
      "alerts",
      "caddy",
      "host",
      "logs",
      "monitoring",
      "nixos",
      "overview",
      "postgres",
      "probes",
      "proxmox",
      "redis",
    ].map((name) => `${name}.json`),
  );
});

test("uids and titles are fixed and differ", () => {
  expect(all.map(({ uid, file }) => uid === `nixmon-${file.replace(".json", "")}`)).toEqual(all.map(() => true));
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
});

describe.each(all.map((board) => [board.title, board] as const))("%s", (_, board) => {
  test("has the variable host first", () => {
    expect(board.templating.list[0]?.name).toBe("host");
  });

  test("uses the data sources by their fixed uids", () => {
    const targets = panelsOf(board).flatMap((panel) => panel.targets ?? []);
    expect(targets.length).toBeGreaterThan(0);
    for (const { datasource } of targets) expect(Object.values(source)).toContain(datasource.uid);
    for (const { datasource } of targets) expect(datasource.type).toBe(datasource.uid);
  });

  test.each(panelsOf(board).map((panel) => [panel.title, panel] as const))(
    "panel `%s` has queries, a unit and thresholds",
    (title, panel) => {
      expect(title).not.toBe("");
      expect(panel.targets?.length).toBeGreaterThan(0);
      expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
      if (panel.type !== "logs") expect(panel.fieldConfig?.defaults.thresholds?.steps.length).toBeGreaterThan(0);
    },
  );

  test("asks in PromQL, for known metrics only", () => {
    const known = knownMetrics();
    for (const expr of [...queriesOf(board, "prometheus"), ...variableSelectors(board)]) {
      const { metrics, errors } = parsePromql(expr);
      expect({ expr, errors }).toEqual({ expr, errors: [] });
      expect({ expr, unknown: [...metrics].filter((name) => !known.has(name)) }).toEqual({ expr, unknown: [] });
    }
  });

  test("asks in LogQL where it asks Loki", () => {
    for (const expr of queriesOf(board, "loki"))
      expect({ expr, errors: logqlErrors(expr) }).toEqual({ expr, errors: [] });
  });

  test("leaves no variable that the checks do not know", () => {
    for (const expr of [...queriesOf(board, "prometheus"), ...queriesOf(board, "loki")])
      expect(expr).not.toMatch(/\$[a-z_{]/i);
  });

  test("fills the width without overlaps", () => {
    const panels = board.panels;
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (const one of panels) for (const other of panels) if (one !== other) expect(overlap(one, other)).toBe(false);
    // a line of panels that ends early looks like something is missing
    const ends = new Map<number, number>();
    for (const { gridPos } of panels) ends.set(gridPos.y, Math.max(ends.get(gridPos.y) ?? 0, gridPos.x + gridPos.w));
    expect([...ends].filter(([, end]) => end !== 24)).toEqual([]);
  });
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test("a variable whose values are patterns offers one at a time and no All: Grafana would escape them", () => {
  const patterns = all.flatMap(({ templating }) =>
    templating.list.filter(({ type, query }) => type === "custom" && /[|*]/.test(String(query))),
  );
  expect(patterns.map(({ name, multi, includeAll }) => [name, multi, includeAll])).toEqual([["level", false, false]]);
});

test("the checks themselves would notice broken queries", () => {
  expect(parsePromql("sum by (host (up)").errors).not.toEqual([]);
  expect(logqlErrors('{host="a" |= "b"')).not.toEqual([]);
});
