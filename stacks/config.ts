import { isIP } from "node:net";
import { placeholder } from "../plan/atAddress";
import { secretKeyConsent } from "../plan/secrets";
import type { ClusterConfig, Problem } from "../plan/types";
import { type ReadFile, readAuthorities } from "./authorities";
import { ConfigError, problemsOf } from "./problems";
import { givenSecrets, type StackValues, stackSchema } from "./schema";
import { parseYaml } from "./yaml";

/** The namespace of our keys in `Pulumi.<stack>.yaml`; equal to the project's name in `Pulumi.yaml`. */
const namespace = "nixmon:";

/**
 * Validates the plain values of a stack.
 * @param raw values by key without the `nixmon:` prefix, as the YAML file holds them
 * @throws ConfigError with every mistake at once
 */
export function parseStack(stack: string, raw: Record<string, unknown>): StackValues {
  const plain = Object.fromEntries(Object.entries(raw).filter(([key]) => !isGivenSecret(key)));
  const parsed = stackSchema.safeParse(plain, { reportInput: true });
  if (!parsed.success) throw new ConfigError(stack, problemsOf(parsed.error));
  const values = { ...parsed.data, givenSecrets: Object.keys(raw).filter(isGivenSecret) };
  if (values.program === "fleet" && values.primaryAddress === undefined) {
    throw new ConfigError(stack, [
      { key: "nixmon:primaryAddress", got: "nothing", want: "the address of the primary, because program is fleet" },
    ]);
  }
  checkSecretKeyConsent(stack, values);
  const problems = [...discoveryProblems(values), ...provisionProblems(values), ...networkProblems(values)];
  if (problems.length > 0) throw new ConfigError(stack, problems);
  return values;
}

/** Grafana cannot read what it encrypted with another key, so a new key is never a slip of the pen. */
function checkSecretKeyConsent(stack: string, { rotation }: StackValues): void {
  const number = rotation.grafanaSecretKey ?? 1;
  const consent = rotation[secretKeyConsent];
  if (number === (consent ?? 1)) return;
  throw new ConfigError(stack, [
    {
      key: "nixmon:rotation.grafanaSecretKey",
      got: `${number}, and ${consent ?? "nothing"} as rotation.${secretKeyConsent}`,
      want:
        "both the same, or neither: Grafana encrypts the passwords it stores (data sources and contact points made by hand, " +
        `login tokens) with this key and can never read them again with another one. To accept that, set ${secretKeyConsent}: ${number} beside it`,
    },
  ]);
}

/** A found address is known to the host itself and to Prometheus; what others are told before must be fixed. */
function discoveryProblems({ hosts, allocations }: StackValues): Problem[] {
  const roles = Object.entries(allocations.server);
  return Object.entries(hosts).flatMap(([name, host]) => {
    if (typeof host.address === "string") return [];
    const role = roles.find(([, holder]) => holder === name)?.[0];
    const problem = (want: string) => [{ key: `nixmon:hosts.${name}.address`, got: "an interface", want }];
    if (role !== undefined)
      return problem(`a fixed address, because the host is ${role}, whose address other hosts are told`);
    if (host.machine.type === "existing")
      return problem("the host's address, because an existing machine is not asked for it");
    return [];
  });
}

/** What Proxmox would write into the machine as it is, and nobody could reach it. */
function networkProblems({ hosts }: StackValues): Problem[] {
  return Object.entries(hosts).flatMap(([name, { address, machine }]) => {
    if (machine.type === "existing" || typeof address !== "string") return [];
    const [version, key] = [isIP(address), `nixmon:hosts.${name}.machine`];
    const { prefix, gateway } = machine;
    const problems: Problem[] = [];
    if (prefix !== undefined && version === 4 && prefix > 32)
      problems.push({ key: `${key}.prefix`, got: String(prefix), want: `1 to 32, as ${address} is an IPv4 address` });
    if (gateway !== undefined && isIP(gateway) !== version)
      problems.push({ key: `${key}.gateway`, got: gateway, want: `an IPv${version} address, as ${address} is one` });
    return problems;
  });
}

/** Without an API of ours the engine would look for one in its own environment, and end in words that name no host. */
function provisionProblems({ hosts, proxmox }: StackValues): Problem[] {
  if (proxmox !== undefined) return [];
  const want = "nixmon:proxmox.endpoint, the API that makes the machine, or type existing for a host that is there";
  return Object.entries(hosts)
    .filter(([, { machine }]) => machine.type !== "existing")
    .map(([name, { machine }]) => ({
      key: `nixmon:hosts.${name}.machine.type`,
      got: `${machine.type}, and no nixmon:proxmox`,
      want,
    }));
}

function isGivenSecret(key: string): boolean {
  return (givenSecrets as readonly string[]).includes(key);
}

/**
 * Values as the engine hands them to a program: one string per key, objects as JSON.
 * @param all every key of the stack, with its namespace
 * @throws ConfigError with every key whose object is none
 */
export function valuesFromEngine(stack: string, all: Record<string, string>): Record<string, unknown> {
  const problems: Problem[] = [];
  const values = ownKeys(all, (value, key) => {
    // a secret's value is nobody's business here, and a password may begin with a brace
    if (isGivenSecret(key) || !/^(\s*[[{]|true$|false$)/.test(value)) return value;
    try {
      return JSON.parse(value);
    } catch {
      // the value itself stays out of the message: it may be a secret under a wrong name
      const got = "a text that begins like a list or an object and is no JSON";
      problems.push({ key: `${namespace}${key}`, got, want: "the list or object as YAML in the stack's file" });
      return undefined;
    }
  });
  if (problems.length > 0) throw new ConfigError(stack, problems);
  return values;
}

/**
 * Reads a stack's file without the engine, for `render` and `doctor`.
 * @param readFile gives the text of a file in the project's folder, or undefined where there is none
 */
export function readStack(stack: string, readFile: ReadFile): StackValues {
  const name = `Pulumi.${stack}.yaml`;
  const text = readFile(name);
  if (text === undefined)
    throw new ConfigError(stack, [
      {
        key: name,
        got: "no such file",
        want: `the stack's configuration: is ${stack} its name? Pulumi.nixmon.yaml is one to copy`,
      },
    ]);
  const parsed = parseYaml(name, text);
  if ("problem" in parsed) throw new ConfigError(stack, [parsed.problem]);
  const document = parsed.value as { config?: Record<string, unknown> } | null | undefined;
  return parseStack(
    stack,
    ownKeys(document?.config ?? {}, (value) => value),
  );
}

function ownKeys<T>(all: Record<string, T>, decode: (value: T, key: string) => unknown): Record<string, unknown> {
  const own = Object.entries(all).filter(([key]) => key.startsWith(namespace));
  return Object.fromEntries(
    own.map(([key, value]) => {
      const name = key.slice(namespace.length);
      return [name, decode(value, name)];
    }),
  );
}

/**
 * What the plan needs to know of a stack; machines, logins and rotation stay outside it.
 * @param authorities what `readAuthorities` found
 */
export function clusterConfig(stack: string, values: StackValues, authorities: string[] = []): ClusterConfig {
  const endpoint = values.proxmox && new URL(values.proxmox.endpoint);
  return {
    name: stack,
    domain: values.domain,
    allocations: values.allocations.server,
    externalPrimaryAddress: values.program === "fleet" ? values.primaryAddress : undefined,
    lan: values.lan,
    monitoring: values.monitoring,
    proxmox: endpoint && {
      host: endpoint.hostname,
      port: Number(endpoint.port || (endpoint.protocol === "https:" ? 443 : 80)),
      verifyTls: values.proxmox?.insecure !== true,
    },
    identity: values.identity,
    authorities,
    probes: values.probes,
    collectorSites: values.collectorSites,
    runbooks: values.runbooks,
    givenSecrets: values.givenSecrets,
    hosts: Object.entries(values.hosts).map(([name, host], index) => ({
      name,
      address: typeof host.address === "string" ? host.address : placeholder(index),
      virtualHosts: host.virtualHosts,
      postgresDatabases: host.postgresDatabases,
      redisInstances: host.redisInstances,
      monitoring: host.monitoring,
      scrapes: host.scrapes,
    })),
  };
}

/** `render`'s view of a stack: validated, without engine and secrets, and without certificates that are kept elsewhere. */
export function loadStackConfig(stack: string, readFile: ReadFile): ClusterConfig {
  const values = readStack(stack, readFile);
  const authorities = readAuthorities(stack, values, readFile, (path) => `<content of ${path}>`);
  return clusterConfig(stack, values, authorities);
}
