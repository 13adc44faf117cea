import type { Answer } from "../proxmox/api";
import type { ProxmoxClient } from "../proxmox/client";
import type { Thing } from "./state";

/** What Proxmox says of something that the stack made: `unknown` where this login may not see it or the answer says something else. */
export type Finding = "there" | "gone" | "unknown" | { another: string };

interface AclEntry {
  path: string;
  roleid: string;
  ugid: string;
}

/** Asks for each thing, all at once. Only a plain "there is no such" counts as gone. */
export async function findings(client: ProxmoxClient, things: readonly Thing[]): Promise<Finding[]> {
  const acl = things.some(({ kind }) => kind === "acl") ? await client.ask("GET", "/access/acl") : undefined;
  const found = await Promise.all(things.map((thing) => find(client, thing, acl)));
  return withSubjects(things, found);
}

/** What was granted to somebody is gone together with them, whether or not this login was shown it. */
export function withSubjects(things: readonly Thing[], found: readonly Finding[]): Finding[] {
  const gone = new Set(things.filter((_, place) => found[place] === "gone").map(subjectOf));
  return things.map((thing, place) => {
    const granted = thing.kind === "acl" && [thing.subject, thing.subject.split("!")[0]].some((each) => gone.has(each));
    return granted ? "gone" : (found[place] ?? "unknown");
  });
}

function subjectOf(thing: Thing): string | undefined {
  if (thing.kind === "user") return thing.userId;
  return thing.kind === "token" ? `${thing.userId}!${thing.tokenName}` : undefined;
}

async function find(client: ProxmoxClient, thing: Thing, acl: Answer | undefined): Promise<Finding> {
  switch (thing.kind) {
    case "user":
      return ofAccount(await client.ask("GET", `/access/users/${encodeURIComponent(thing.userId)}`));
    case "token": {
      const user = encodeURIComponent(thing.userId);
      return ofAccount(await client.ask("GET", `/access/users/${user}/token/${encodeURIComponent(thing.tokenName)}`));
    }
    case "acl":
      return acl?.status === 200 ? ofAcl(thing, acl.data as AclEntry[]) : "unknown";
    default:
      return machine(client, thing);
  }
}

/** Proxmox answers 500 to a question about a user or token that is not there, and 403 where the question is not allowed. */
export function ofAccount({ status, reason }: Answer): Finding {
  if (status === 200) return "there";
  return status === 500 && /^no such (user|token) /.test(reason) ? "gone" : "unknown";
}

/** Proxmox lists the entries of those paths alone whose rights this login may change: of a path without any nothing is known. */
export function ofAcl(wanted: Extract<Thing, { kind: "acl" }>, listed: readonly AclEntry[]): Finding {
  const there = listed.filter(({ path }) => path === wanted.path);
  if (there.some(({ roleid, ugid }) => roleid === wanted.roleId && ugid === wanted.subject)) return "there";
  return there.length > 0 ? "gone" : "unknown";
}

async function machine(client: ProxmoxClient, wanted: Extract<Thing, { kind: "vm" | "lxc" }>): Promise<Finding> {
  // The id is asked for in the whole cluster: a machine that moved to another node, or that this login may not see, is not gone.
  const free = await client.ask("GET", "/cluster/nextid", { vmid: String(wanted.vmId) });
  if (free.status === 200) return "gone";
  const kind = wanted.kind === "vm" ? "qemu" : "lxc";
  return ofMachine(wanted, await client.ask("GET", `/nodes/${wanted.node}/${kind}/${wanted.vmId}/config`));
}

/** Whoever has neither our name nor one of our network cards was made by somebody else after ours was removed. */
export function ofMachine(wanted: Extract<Thing, { kind: "vm" | "lxc" }>, { status, data }: Answer): Finding {
  if (status !== 200) return "unknown";
  const config = data as Record<string, unknown>;
  const name = String(config.name ?? config.hostname ?? "");
  const cards = Object.entries(config).flatMap(([key, value]) => (/^net\d+$/.test(key) ? [String(value)] : []));
  const ours = wanted.macs.some((mac) => cards.some((card) => card.toUpperCase().includes(mac.toUpperCase())));
  return name === wanted.name || ours || wanted.macs.length === 0 ? "there" : { another: name || "without a name" };
}

/** As a person would name it. */
export function named(thing: Thing): string {
  switch (thing.kind) {
    case "user":
      return `user ${thing.userId}`;
    case "token":
      return `token ${thing.userId}!${thing.tokenName}`;
    case "acl":
      return `role ${thing.roleId} of ${thing.subject} on ${thing.path}`;
    default:
      return `${thing.kind === "vm" ? "VM" : "container"} ${thing.vmId} (${thing.name})`;
  }
}
