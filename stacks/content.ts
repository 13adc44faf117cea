import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { packageRoot } from "../cli/push/release";
import type { PlanContent } from "../plan/plan";
import type { JsonObject, Problem } from "../plan/types";
import { parseYaml } from "./yaml";

const thresholdsFile = "thresholds.yaml";
const thresholdsSchema = z.record(z.string(), z.record(z.string(), z.looseObject({ value: z.number() }))).optional();

/** What the plan takes from files: the rules in `alerts/` by file name, and the defaults of their thresholds. */
export function readContent(root = packageRoot()): PlanContent {
  const folder = resolve(root, "alerts");
  const unreadable: Problem[] = [];
  const read = (name: string): unknown[] => {
    const parsed = parseYaml(`alerts/${name}`, readFileSync(resolve(folder, name), "utf8"));
    if ("value" in parsed) return [parsed.value];
    unreadable.push(parsed.problem);
    return [];
  };
  const all = readdirSync(folder).sort();
  const names = all.filter((name) => name.endsWith(".yaml") && name !== thresholdsFile);
  for (const name of all.filter((one) => one.endsWith(".yml")))
    unreadable.push({ key: `alerts/${name}`, got: "a file that is not read", want: name.replace(/yml$/, "yaml") });
  // what is no object is refused with all else that is wrong with a rule file, see `ruleProblems`
  const rules = names
    .sort()
    .flatMap((name) => read(name).map((value) => [name, (value ?? null) as JsonObject] as const));
  const parsed = thresholdsSchema.safeParse(read(thresholdsFile)[0] ?? undefined, { reportInput: true });
  if (!parsed.success) unreadable.push(...parsed.error.issues.map(thresholdProblem));
  return { rules: Object.fromEntries(rules), thresholds: parsed.data, unreadable };
}

function thresholdProblem({ path, input }: z.core.$ZodIssue): Problem {
  const key = [`alerts/${thresholdsFile}`, path.join(".")].filter((part) => part !== "").join(": ");
  return {
    key,
    got: JSON.stringify(input) ?? "nothing",
    want: "alert, threshold and number as in `HighLoad: { perCore: { value: 2 } }`",
  };
}
