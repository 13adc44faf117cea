import { z } from "zod";
import { nearest } from "../plan/nearest";
import type { Problem } from "../plan/types";
import { givenSecrets, stackSchema } from "./schema";

/** Thrown once with everything that is wrong, before anything is touched. */
export class ConfigError extends Error {
  constructor(
    readonly stackName: string,
    readonly problems: readonly Problem[],
  ) {
    const lines = problems.map((problem) => `  ${problem.key}: got ${problem.got}, want ${problem.want}`);
    const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
    super(`The configuration of stack "${stackName}" has ${count}; nothing was changed:\n${lines.join("\n")}`);
    this.name = "ConfigError";
  }
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  oneOf?: SchemaNode[];
  anyOf?: SchemaNode[];
}

/** The keys that the schema knows at a path, for the message about an unknown one. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let nodes = [z.toJSONSchema(stackSchema, { io: "input", unrepresentable: "any" }) as SchemaNode];
  const alternatives = (node: SchemaNode): SchemaNode[] => [node, ...(node.oneOf ?? []), ...(node.anyOf ?? [])];
  for (const step of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const next = typeof step === "number" ? node.items : node.properties?.[String(step)];
      const rest = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
      return next ?? rest ?? [];
    });
  }
  return [...new Set(nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function keyPath(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`));
  return `nixmon:${steps.join("").replace(/^\./, "")}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}

/** Of an object of no known type zod gives the object with the path of its type. */
function found({ code, input, path }: z.core.$ZodIssue): unknown {
  const last = path.at(-1);
  const inside = code === "invalid_union" && typeof last === "string" && input !== null && typeof input === "object";
  return inside ? (input as Record<string, unknown>)[last] : input;
}

/** Turns zod's issues into problems that name key, finding and remedy. */
export function problemsOf(error: z.core.$ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const known = [...knownKeys(issue.path), ...(issue.path.length === 0 ? givenSecrets : [])];
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const question = meant === undefined ? "" : `; did you mean ${meant}?`;
        return {
          key: keyPath([...issue.path, key]),
          got: "an unknown key",
          want: `one of ${known.join(", ")}${question}`,
        };
      });
    }
    if (issue.code === "invalid_key") {
      const want = issue.issues[0]?.message ?? "a valid name";
      return [{ key: keyPath(issue.path), got: shown(issue.path.at(-1)), want }];
    }
    const want = issue.message.startsWith("Invalid input: expected ")
      ? issue.message.replace(/^Invalid input: expected (.*?)(, received .*)?$/, "$1")
      : issue.message;
    return [{ key: keyPath(issue.path), got: shown(found(issue)), want }];
  });
}
