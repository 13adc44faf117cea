import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { load } from "js-yaml";
import { packageRoot } from "../cli/push/release";
import type { PlanContent } from "../plan/plan";
import type { Thresholds } from "../plan/rules";
import type { JsonObject } from "../plan/types";

/** The rule files in `alerts/`, by file name. */
export function readRules(root = packageRoot()): Record<string, JsonObject> {
  const folder = resolve(root, "alerts");
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml") && name !== "thresholds.yaml");
  return Object.fromEntries(
    files.sort().map((name) => [name, load(readFileSync(resolve(folder, name), "utf8")) as JsonObject]),
  );
}

/** What the plan takes from files: alert rules and the defaults of their thresholds. */
export function readContent(root = packageRoot()): PlanContent {
  const thresholds = load(readFileSync(resolve(root, "alerts", "thresholds.yaml"), "utf8"));
  return { rules: readRules(root), thresholds: thresholds as Thresholds };
}
