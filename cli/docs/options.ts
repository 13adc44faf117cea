import { load } from "js-yaml";
import type { AutoRule } from "../../plan/types";
import { givenSecrets } from "../../stacks/schema";
import { keyDescriptions, secretDescriptions } from "./keys";
import { code, markdownTable } from "./markdown";
import type { NixOption } from "./nixOptions";
import { type StackKey, stackKeys } from "./stackKeys";

/** The catalog's words for when an exporter is on by itself. */
export const autoWords: Readonly<Record<AutoRule, string>> = {
  always: "always",
  proxyVirtualHosts: "where `server.proxy.virtualHosts` is not empty",
  ioPrimaryWithDatabases: "on the IO primary, when it has PostgreSQL databases",
  ioPrimaryWithRedis: "on the IO primary, when it has Redis instances",
  logs: "where logs are shipped",
  proxmox: "on the monitoring primary, when it watches Proxmox VE",
  collector: "on the monitoring primary",
  alerting: "on the monitoring primary, when alerting is on",
};

const tree = "server.monitoring.";

/** `docs/options.md`. */
export function optionsPage(options: readonly NixOption[], projectFile: string): string {
  const keys = stackKeys();
  return [
    "# Options",
    "",
    "## `server.monitoring.*`",
    "",
    "Options of the NixOS modules. Those with a tick are in the stack's configuration too, under the same name: `nixmon:monitoring` for",
    "the whole cluster, `nixmon:hosts.<host>.monitoring` for one host. What is set on the host itself wins over the host's entry, that over",
    "the cluster's, and each over what is automatic.",
    "",
    nixTable(options, keys),
    "",
    "## Beside them, on the host",
    "",
    "Roles, and what a host serves: the automatic defaults look at these.",
    "",
    markdownTable(
      ["option", "type", "default", "description"],
      options.filter(({ name }) => !name.startsWith(tree)).map((option) => nixRow(option)),
    ),
    "",
    "## Stack configuration",
    "",
    "Keys of `Pulumi.<stack>.yaml`, each with `nixmon:` before it. `<...>` is a name that you choose, `[]` each element of a list.",
    "",
    keyTable(keys, options, projectFile),
    "",
    "### Secrets to give",
    "",
    "Set by `pulumi config set --secret <key>`; all others are made for you, see [reference.md](reference.md).",
    "",
    markdownTable(
      ["key", "description"],
      givenSecrets.map((key) => [code(key), secretDescriptions[key]]),
    ),
    "",
  ].join("\n");
}

function nixRow({ name, type, default: given, description }: NixOption): [string, string, string, string] {
  return [code(name), type, given === null ? "" : nixDefault(given), description];
}

function nixDefault(given: string): string {
  const auto = /^automatic: (\w+)$/.exec(given)?.[1];
  if (auto === undefined) return /^[[{"\d]|^(true|false|null)$/.test(given) ? code(given) : given;
  return `automatic: ${autoWords[auto as AutoRule]}`;
}

function nixTable(options: readonly NixOption[], keys: readonly StackKey[]): string {
  const ours = options.filter(({ name }) => name.startsWith(tree));
  const rows = ours.map((option) => {
    const [name, type, given, description] = nixRow(option);
    const inStack = keys.some(({ path }) => matches(path, `monitoring.${option.name.slice(tree.length)}`));
    return [name, type, given, inStack ? "✓" : "", description];
  });
  return markdownTable(["option", "type", "default", "stack", "description"], rows);
}

/** Whether a key's path, with `<name>` for any step, is this path. */
function matches(pattern: string, path: string): boolean {
  const [steps, names] = [pattern.split("."), path.split(".")];
  return steps.length === names.length && steps.every((step, index) => step.startsWith("<") || step === names[index]);
}

interface ProjectFile {
  config: Record<string, { description: string }>;
}

function keyTable(keys: readonly StackKey[], options: readonly NixOption[], projectFile: string): string {
  const { config: declared } = load(projectFile) as ProjectFile;
  const unused = new Set(Object.keys(keyDescriptions));
  const rows = keys.flatMap((key) => {
    // one entry for the cluster's options and the hosts'
    if (key.path.startsWith("hosts.<host>.monitoring.")) return [];
    if (options.some(({ name }) => matches(key.path, `monitoring.${name.slice(tree.length)}`))) return [];
    const description = declared[key.path]?.description ?? keyDescriptions[key.path] ?? asForCluster(key.path);
    if (description === undefined)
      throw new Error(`key ${key.path} of stacks/schema.ts has no description: add one to cli/docs/keys.ts`);
    unused.delete(key.path);
    return [[code(key.path), key.type, key.default === undefined ? "" : code(key.default), required(key), description]];
  });
  for (const path of unused)
    throw new Error(`cli/docs/keys.ts describes ${path}, which stacks/schema.ts does not have`);
  return markdownTable(["key", "type", "default", "needed", "description"], rows);
}

/** A host may say for itself what the cluster says for all. */
function asForCluster(path: string): string | undefined {
  const rest = path.replace(/^hosts\.<host>\./, "");
  return rest !== path && keyDescriptions[rest] !== undefined ? `As ${code(rest)}, for this host.` : undefined;
}

/** A key below an optional one is needed only where that is given. */
function required(key: StackKey): string {
  if (!key.required) return "";
  return /^(hosts|domain|lan|allocations)\b/.test(key.path) ? "yes" : "with it";
}
