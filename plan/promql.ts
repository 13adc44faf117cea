/** What a PromQL expression says, and where it is no PromQL. */
export interface Parsed {
  /** Names of the metrics that it reads. */
  metrics: Set<string>;
  /** Text at each place that the parser refused. */
  errors: string[];
}

/** From this length on the parser, which is made for editors, gives up on chains of operators that Prometheus reads without effort. */
export const longestJudged = 2000;

export function parsePromql(expr: string): Parsed {
  const metrics = new Set<string>();
  const errors: string[] = [];
  // loaded when it is needed: it takes 10 ms, and a fleet has no rules
  const { parser } = require("@prometheus-io/lezer-promql") as typeof import("@prometheus-io/lezer-promql");
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) errors.push(expr.slice(Math.max(0, node.from - 20), node.to + 20));
      // An identifier right below a selector is the metric's name; elsewhere it is a label or a function.
      if (node.name === "Identifier" && node.node.parent?.name === "VectorSelector")
        metrics.add(expr.slice(node.from, node.to));
    },
  });
  return { metrics, errors };
}
