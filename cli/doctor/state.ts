import { z } from "zod";
import type { HostData, ScrapeTarget } from "../../plan/types";
import type { Connection } from "../push/ssh";
import { isPush } from "../push/verbs";
import { parseJson } from "./json";

/** A host as the stack last deployed it. */
export interface DeployedHost {
  name: string;
  connection: Connection;
  /** What it was told. */
  data: HostData;
  /** What it answered. */
  manifest: Manifest;
}

export interface DeployedStack {
  stack: string;
  hosts: Record<string, DeployedHost>;
  /** Undefined in a fleet: there the primary belongs to another stack. */
  primary: string | undefined;
  /** Guests that the stack made in Proxmox VE. */
  guests: number;
  /** Every host's targets, also those of the fleets that the primary scrapes. */
  scrapeTargets: Record<string, ScrapeTarget[]>;
}

const manifestShape = z.object({
  hash: z.string(),
  exporters: z.array(z.object({ name: z.string() })).default([]),
  versions: z.record(z.string(), z.string()).default({}),
});
export type Manifest = z.output<typeof manifestShape>;

const stateShape = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          delete: z.boolean().optional(),
          inputs: z.record(z.string(), z.unknown()).default({}),
          outputs: z.record(z.string(), z.unknown()).default({}),
        }),
      )
      .nullish(),
  }),
});

const applyInput = z.object({
  name: z.string(),
  connection: z.object({ host: z.string(), port: z.number(), user: z.string(), hostKey: z.string() }),
  data: z.object({ schema: z.literal(1), host: z.string() }).loose(),
});

/**
 * Reads what `pulumi stack export` prints.
 * @throws Error where the stack has no hosts
 */
export function readDeployed(stack: string, exported: string): DeployedStack {
  const resources = resourcesIn(exported);
  const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  const hosts: Record<string, DeployedHost> = {};
  for (const { inputs, outputs: answered } of pushes(resources, "apply")) {
    const input = applyInput.parse(JSON.parse(String(inputs.stdin)));
    hosts[input.name] = {
      name: input.name,
      connection: input.connection,
      // made by the plan of this program, checked when it was deployed
      data: input.data as unknown as HostData,
      manifest: manifestShape.parse(JSON.parse(String(answered.stdout))),
    };
  }
  if (Object.keys(hosts).length === 0) {
    throw new Error(`stack ${stack}: its state holds no host, want a deployed stack; run \`make up STACK=${stack}\``);
  }
  return {
    stack,
    hosts,
    guests: resources.filter(({ type }) => /^proxmoxve:.*:(Vm|Container)(Legacy)?$/.test(type)).length,
    primary: Object.values(hosts).find(({ data }) => data.collector !== null)?.name,
    scrapeTargets: lastTargets(outputs.scrapeTargets ?? {}, resources),
  };
}

/**
 * Every host's targets. Of a host whose last deployment failed the output holds a text of the engine's instead: then those that the primary
 * was told before are what its Prometheus still has.
 */
function lastTargets(output: object, resources: readonly Resource[]): Record<string, ScrapeTarget[]> {
  // one that is a secret, which it is where some target is one, tells nothing
  const told = pushes(resources, "targets").flatMap(
    ({ inputs }) => parseJson(String(inputs.stdin), targetsInput) ?? [],
  );
  const before = Object.fromEntries(told.map(({ host, targets }) => [host, targets as ScrapeTarget[]]));
  const failed = Object.keys(output).map((host): [string, ScrapeTarget[]] => [host, []]);
  const known = Object.entries(output).filter(([, offered]) => Array.isArray(offered));
  return { ...Object.fromEntries(failed), ...before, ...Object.fromEntries(known) };
}

const targetsInput = z.object({ host: z.string(), targets: z.array(z.unknown()) });

type Resource = NonNullable<z.output<typeof stateShape>["deployment"]["resources"]>[number];

function resourcesIn(exported: string): Resource[] {
  return (stateShape.parse(JSON.parse(exported)).deployment.resources ?? []).filter((each) => !each.delete);
}

/** The resources that are a push. */
function pushes(resources: readonly Resource[], verb: string): Resource[] {
  return resources.filter(({ type, inputs }) => type === "command:local:Command" && isPush(inputs.create, verb));
}

/** stdin of the push that last did something to a host, by verb: what a restore sends again. `exported` holds secrets in clear. */
export function pushInputs(exported: string, host: string): { verb: "secrets" | "apply" | "targets"; stdin: string }[] {
  const resources = resourcesIn(exported);
  return (["secrets", "apply", "targets"] as const).flatMap((verb) =>
    pushes(resources, verb)
      .map(({ inputs }) => plainText(inputs.stdin))
      .filter((stdin) => {
        const input = JSON.parse(stdin) as { name: string; host?: string };
        return (verb === "targets" ? input.host : input.name) === host;
      })
      .map((stdin) => ({ verb, stdin })),
  );
}

/** Names of the hosts that a stack has pushed a configuration to. */
export function deployedHosts(exported: string): string[] {
  return pushes(resourcesIn(exported), "apply")
    .map(({ inputs }) => (JSON.parse(plainText(inputs.stdin)) as { name: string }).name)
    .sort();
}

/** A value of `stack export --show-secrets`: plain, or wrapped with its plaintext as JSON. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  const wrapped = (value as { plaintext?: unknown } | null)?.plaintext;
  if (typeof wrapped !== "string") throw new Error("the state holds a secret that was not decrypted");
  return String(JSON.parse(wrapped));
}
