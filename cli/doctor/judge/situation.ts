import { quote } from "../../push/remote";
import type { HostFacts } from "../facts";
import type { DeployedHost, DeployedStack } from "../state";

/** All that is known: what the stack deployed and what the hosts say. */
export interface Situation {
  stack: DeployedStack;
  /** By host; a host that was not asked is not among them. */
  facts: Record<string, HostFacts>;
  now: Date;
}

/** The monitoring primary with its facts, where it was asked. */
export function primaryOf({ stack, facts }: Situation): { host: DeployedHost; facts: HostFacts } | undefined {
  const host = stack.hosts[stack.primary ?? ""];
  const known = facts[stack.primary ?? ""];
  return host === undefined || known === undefined ? undefined : { host, facts: known };
}

/** Exporters that the stack deployed on a host and that its own configuration has since turned off. */
export function turnedOff({ manifest }: DeployedHost, { generation }: HostFacts): string[] {
  const offered = generation?.running?.exporters;
  return offered === undefined
    ? []
    : manifest.exporters.map(({ name }) => name).filter((name) => !offered.includes(name));
}

/** The line to type for running a command on a host. */
export function onHost({ connection }: DeployedHost, command: string): string {
  const port = connection.port === 22 ? "" : `-p ${connection.port} `;
  const root = connection.user === "root" ? "" : "sudo ";
  return `ssh ${port}${connection.user}@${connection.host} ${quote(root + command)}`;
}

/** The line that puts back what the stack deployed on a host. */
export function restore({ stack }: Situation, host: string): string {
  return `make restore STACK=${stack.stack} HOST=${host}`;
}
