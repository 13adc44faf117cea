import { setTimeout as sleep } from "node:timers/promises";
import type { ProxmoxClient } from "./client";

/** What a monitoring token was seen to be able to do. */
export interface TokenRights {
  /** Privileges on any path, by name. */
  privileges: string[];
  guests: number;
  /** Nodes whose figures are shown; without rights a node is a bare name. */
  nodes: number;
  /** Status of a write that changes nothing. */
  write: { status: number; reason: string };
}

/** What is said of a token without a value, as one is that was imported. */
export const valueUnknown =
  "the monitoring token was imported, and Proxmox shows a token's value only when it makes it. Give `nixmon:rotation: { proxmoxToken: N }` another " +
  "number, and the next `up` makes it anew under its name: what has its old value will be refused (docs/import.md)";

/** What is wrong with a token that is to look and do nothing else; undefined if nothing is. */
export function rightsProblem(token: string, found: TokenRights): string | undefined {
  if (found.privileges.length === 0 || found.guests + found.nodes === 0) {
    return (
      `${token}: the token is valid but may see nothing (${found.privileges.length} privileges, ${found.guests} guests, ${found.nodes} nodes with figures): ` +
      "Proxmox answers 200 with empty lists. Give role PVEAuditor on / to both the user and the token (pveum acl list shows what is there)"
    );
  }
  const more = found.privileges.filter((privilege) => !privilege.endsWith(".Audit"));
  if (more.length > 0) {
    return `${token}: the token may do more than look: ${more.slice(0, 5).join(", ")}; want a role of Audit privileges alone, such as PVEAuditor`;
  }
  if (found.write.status !== 403) {
    return `${token}: a write was answered ${found.write.status} ${found.write.reason}, want 403: the token must not be able to change anything`;
  }
  return undefined;
}

/** Tries the token out: reads must show something, a write must be refused. Waits for a cluster's other nodes to learn of it. */
export async function tokenRights(client: ProxmoxClient, patienceMs = 3000): Promise<TokenRights> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look(client);
    if ((found.privileges.length > 0 && found.guests + found.nodes > 0) || Date.now() > end) return found;
    await sleep(1000);
  }
}

async function look(client: ProxmoxClient): Promise<TokenRights> {
  const [permissions, resources, write] = await Promise.all([
    client.ask("GET", "/access/permissions"),
    client.ask("GET", "/cluster/resources"),
    // This pool does not exist: with the right to write the answer is an error about that, and nothing changes.
    client.ask("PUT", "/pools/nixmon-write-test", { comment: "nixmon" }),
  ]);
  const granted = Object.values((permissions.data ?? {}) as Record<string, Record<string, number>>);
  const seen = Array.isArray(resources.data) ? (resources.data as { type: string; maxmem?: number }[]) : [];
  return {
    privileges: [...new Set(granted.flatMap((path) => Object.keys(path)))].sort(),
    guests: seen.filter(({ type }) => type === "qemu" || type === "lxc").length,
    nodes: seen.filter(({ type, maxmem }) => type === "node" && maxmem !== undefined).length,
    write: { status: write.status, reason: write.reason },
  };
}
