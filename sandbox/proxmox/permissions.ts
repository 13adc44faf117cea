import { forbidden } from "./errors";
import { privilegesOf as allPrivileges, builtinRoles } from "./roles";
import type { State } from "./state";

/** Who sends the request: a user, or a token of a user. */
export interface Identity {
  userid: string;
  tokenid?: string;
}

export function fullTokenId(who: Identity): string {
  return who.tokenid === undefined ? who.userid : `${who.userid}!${who.tokenid}`;
}

export function roleOf(state: State, roleid: string): readonly string[] | undefined {
  return builtinRoles(state.version)[roleid] ?? state.roles[roleid];
}

function ancestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return ["/", ...parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`)];
}

/** Roles of one subject on a path: the deepest entry counts; for a user an entry of their own hides those of their groups. */
function rolesOn(state: State, subject: { type: "user" | "token"; id: string }, path: string): string[] {
  let roles: string[] = [];
  const groups = subject.type === "user" ? (state.users[subject.id]?.groups ?? []) : [];
  for (const at of ancestors(path)) {
    const here = state.acl.filter((entry) => entry.path === at && (at === path || entry.propagate === 1));
    const own = here.filter((entry) => entry.type === subject.type && entry.ugid === subject.id);
    const found = own.length > 0 ? own : here.filter((entry) => entry.type === "group" && groups.includes(entry.ugid));
    if (found.length > 0) roles = found.map((entry) => entry.roleid);
  }
  return roles.includes("NoAccess") ? [] : roles;
}

function privilegesOf(state: State, subject: { type: "user" | "token"; id: string }, path: string): Set<string> {
  if (subject.type === "user" && subject.id === "root@pam") return new Set(allPrivileges(state.version));
  return new Set(rolesOn(state, subject, path).flatMap((roleid) => [...(roleOf(state, roleid) ?? [])]));
}

/** What `who` may do on `path`. A token with privilege separation has what both its user and itself are granted. */
export function privileges(state: State, who: Identity, path: string): Set<string> {
  const ofUser = privilegesOf(state, { type: "user", id: who.userid }, path);
  if (who.tokenid === undefined) return ofUser;
  const token = state.users[who.userid]?.tokens[who.tokenid];
  if (token === undefined) return new Set();
  if (token.privsep === 0) return ofUser;
  const own = privilegesOf(state, { type: "token", id: fullTokenId(who) }, path);
  return new Set([...own].filter((privilege) => ofUser.has(privilege)));
}

/** A guest is reached by its own path and by that of its pool. */
export function guestPrivileges(state: State, who: Identity, vmid: number): Set<string> {
  const found = privileges(state, who, `/vms/${vmid}`);
  for (const [name, pool] of Object.entries(state.pools)) {
    if (pool.vms.includes(vmid)) for (const privilege of privileges(state, who, `/pool/${name}`)) found.add(privilege);
  }
  return found;
}

export function may(state: State, who: Identity, path: string, privilege: string): boolean {
  const guest = /^\/vms\/(\d+)$/.exec(path);
  return (guest ? guestPrivileges(state, who, Number(guest[1])) : privileges(state, who, path)).has(privilege);
}

/** Refuses with 403 when `who` lacks all of the named privileges on the path. */
export function demand(state: State, who: Identity, path: string, ...anyOf: string[]): void {
  if (!anyOf.some((privilege) => may(state, who, path, privilege))) throw forbidden(path, anyOf);
}
