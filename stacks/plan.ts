import { type ClusterPlan, planCluster } from "../plan/plan";
import type { ClusterConfig } from "../plan/types";
import { readContent } from "./content";
import { ConfigError } from "./problems";
import { acceptedLately, promtoolProblems } from "./promtool";

/**
 * The plan of a stack with the alerts of this package.
 * @throws ConfigError with every mistake that only shows when the whole cluster is seen
 */
export function planStack(stack: string, config: ClusterConfig, root?: string): ClusterPlan {
  const plan = planCluster(config, { ...readContent(root), accepted: acceptedLately() });
  const rules = Object.values(plan.hosts).find(({ collector }) => collector !== null)?.collector?.rules;
  const errors = rules === undefined ? plan.errors : [...plan.errors, ...promtoolProblems(rules)];
  if (errors.length === 0) return plan;
  throw new ConfigError(
    stack,
    errors.map(({ key, ...problem }) => ({ key: key.startsWith("alerts/") ? key : `nixmon:${key}`, ...problem })),
  );
}
