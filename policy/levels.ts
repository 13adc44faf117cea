import { type PolicyName, policies } from "./rules";

/** How a violation counts; the words of the engine's own `--policy-pack-config`. */
export type Level = "mandatory" | "advisory" | "disabled";

/**
 * The levels that `policy/<stack>.json` sets; every rule is mandatory unless the file says otherwise.
 * @throws Error that names what is wrong in the file
 */
export function readLevels(file: string, text: string | undefined): Record<PolicyName, Level> {
  const names = Object.keys(policies) as PolicyName[];
  const levels = Object.fromEntries(names.map((name) => [name, "mandatory"])) as Record<PolicyName, Level>;
  const given: unknown = text === undefined ? {} : JSON.parse(text);
  for (const [name, level] of Object.entries(given as Record<string, unknown>)) {
    if (!names.includes(name as PolicyName))
      throw new Error(`${file}: got the rule ${name}, want one of ${names.join(", ")}`);
    if (level !== "mandatory" && level !== "advisory" && level !== "disabled")
      throw new Error(`${file}: ${name}: got ${JSON.stringify(level)}, want mandatory, advisory or disabled`);
    levels[name as PolicyName] = level;
  }
  return levels;
}
