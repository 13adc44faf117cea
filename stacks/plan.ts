import { type ClusterPlan, planCluster } from "../plan/plan";
import type { ClusterConfig } from "../plan/types";
import { readContent } from "./content";
import { ConfigError } from "./problems";

/**
 * The plan of a stack with the alerts of this package.
 * @throws ConfigError with every mistake that only shows when the whole cluster is seen
 */
export function planStack(stack: string, config: ClusterConfig, root?: string): ClusterPlan {
  const plan = planCluster(config, readContent(root));
  if (plan.errors.length === 0) return plan;
  throw new ConfigError(
    stack,
    plan.errors.map((problem) => ({ ...problem, key: `nixmon:${problem.key}` })),
  );
}
