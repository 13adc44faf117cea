import type { HostData } from "../../plan/types";
import type { MachineValues } from "../../stacks/schema";
import { isPush } from "../push/verbs";

/** What a host was deployed with, as far as it is known. */
export interface KnownHost {
  /** Undefined where it is not recorded. */
  machine: MachineValues | undefined;
  data: HostData;
}

interface StateResource {
  type: string;
  inputs?: { create?: string; stdin?: unknown };
  outputs?: Record<string, unknown>;
}

/**
 * The hosts of a stack as they were last deployed, from `pulumi stack export`. Needs no passphrase: what a host is told is no secret.
 * @throws Error when the text is no export
 */
export function hostsOfState(text: string): Record<string, KnownHost> {
  const exported = JSON.parse(text) as { deployment?: { resources?: StateResource[] } };
  if (exported.deployment === undefined) throw new Error("this is no `pulumi stack export`: it has no deployment");
  const resources = exported.deployment.resources ?? [];
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const machines = (stack?.outputs?.machines ?? {}) as Record<string, MachineValues>;
  const hosts: Record<string, KnownHost> = {};
  for (const { type, inputs } of resources) {
    if (type !== "command:local:Command" || !isPush(inputs?.create, "apply")) continue;
    if (typeof inputs?.stdin !== "string") continue;
    const { data } = JSON.parse(inputs.stdin) as { data: HostData };
    hosts[data.host] = { machine: machines[data.host], data };
  }
  return hosts;
}
