import { z } from "zod";
import { stackSchema } from "../../stacks/schema";

/** A key of a stack's configuration, as in `hosts.<host>.address`; `[]` stands for each element of a list. */
export interface StackKey {
  path: string;
  type: string;
  /** As YAML writes it; undefined: none. */
  default: string | undefined;
  required: boolean;
}

interface Node {
  type?: string;
  title?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Node>;
  required?: string[];
  additionalProperties?: Node | boolean;
  items?: Node;
  oneOf?: Node[];
  anyOf?: Node[];
}

/** What `<...>` is called in a path, by the key that holds the map. */
const mapNames: Readonly<Record<string, string>> = {
  hosts: "host",
  virtualHosts: "domain",
  redisInstances: "name",
  exporters: "name",
  alerts: "alert",
  thresholds: "name",
};

/** Every key of the schema that holds a value, in the schema's order; maps and objects are shown by what is in them. */
export function stackKeys(): StackKey[] {
  const schema = z.toJSONSchema(stackSchema, { io: "input", unrepresentable: "any" }) as Node;
  const found = new Map<string, StackKey>();
  walk(schema, "", true, found);
  return [...found.values()];
}

function walk(node: Node, path: string, required: boolean, found: Map<string, StackKey>): void {
  const variants = [node, ...(node.oneOf ?? []), ...(node.anyOf ?? [])];
  const properties = variants.flatMap((variant) =>
    Object.entries(variant.properties ?? {}).map(([key, value]) => [key, value, variant] as const),
  );
  // a plain value or an object: the plain value is a key of its own
  for (const plain of properties.length > 0 ? variants.slice(1) : [])
    if (plain.properties === undefined) add(plain, path, required, found);
  for (const [key, value, owner] of properties) {
    const mustBe = owner.required?.includes(key) === true && variants.length === 1;
    walk(value, path === "" ? key : `${path}.${key}`, mustBe, found);
  }
  const last = path.split(".").at(-1) ?? "";
  const rest = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
  if (rest !== undefined) walk(rest, `${path}.<${mapNames[last] ?? "name"}>`, false, found);
  else if (node.items?.properties !== undefined) walk(node.items, `${path}[]`, false, found);
  else if (properties.length === 0) add(node, path, required, found);
}

function add(node: Node, path: string, required: boolean, found: Map<string, StackKey>): void {
  const known = found.get(path);
  const type = typeOf(node);
  // what variants share is shown once, with each one's type
  if (known !== undefined) {
    if (!known.type.split(" | ").includes(type)) known.type += ` | ${type}`;
    return;
  }
  const given = node.default === undefined ? undefined : JSON.stringify(node.default);
  found.set(path, { path, type, default: given, required });
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return String(node.const);
  if (node.enum !== undefined) return node.enum.join(" | ");
  if (node.type === "array") return `list: ${typeOf(node.items ?? {})}`;
  return node.title ?? (node.type === "boolean" ? "true or false" : (node.type ?? "any"));
}
