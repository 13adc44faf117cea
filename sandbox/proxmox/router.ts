import type { Authenticator } from "./auth";
import { PveError } from "./errors";
import type { Hypervisor } from "./hypervisor";
import type { Identity } from "./permissions";
import type { State } from "./state";
import type { Tasks } from "./tasks";
import { type Params, type Schema, verify } from "./verify";

/** What the routes work on. */
export interface Api {
  state: State;
  save: () => void;
  tasks: Tasks;
  auth: Authenticator;
  hypervisor: Hypervisor;
  /** Address of the API on the guests' network; it is their gateway and its /24 the range of their addresses. */
  address: string;
}

export interface Call {
  api: Api;
  who: Identity;
  /** Values of the {placeholders} in the route's path. */
  at: Readonly<Record<string, string>>;
  params: Params;
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** "/nodes/{node}/qemu" */
  path: string;
  params: Schema;
  /** Answers the value of "data". */
  run: (call: Call) => unknown;
  /** Needs no login. */
  open?: true;
}

export function route(method: Route["method"], path: string, params: Schema, run: Route["run"]): Route {
  return { method, path, params, run };
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const [want, have] = [pattern.split("/"), path.split("/")];
  if (want.length !== have.length) return undefined;
  const at: Record<string, string> = {};
  for (const [i, part] of want.entries()) {
    const value = have[i] ?? "";
    if (part.startsWith("{")) at[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return at;
}

/** Finds the route and its placeholders; 501 as Proxmox VE says for what it does not have. */
export function find(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; at: Record<string, string> } {
  let known = false;
  for (const candidate of routes) {
    const at = match(candidate.path, path);
    if (at === undefined) continue;
    known = true;
    if (candidate.method === method) return { route: candidate, at };
  }
  throw new PveError(501, known ? `Method '${method} ${path}' not implemented` : `no such resource '${path}'`);
}

/** Checks the parameters and the node, then runs the route. */
export async function dispatch(
  found: { route: Route; at: Record<string, string> },
  call: Omit<Call, "at">,
): Promise<unknown> {
  // What is in the path may be said again; the path counts.
  const params = Object.fromEntries(Object.entries(call.params).filter(([name]) => !(name in found.at)));
  verify(found.route.params, params);
  const node = found.at.node;
  // A node that is not part of the cluster cannot be asked: 595 is what the proxy between nodes answers.
  if (node !== undefined && !call.api.state.nodes.includes(node))
    throw new PveError(595, `hostname lookup '${node}' failed - failed to get address info for: ${node}`);
  return found.route.run({ ...call, params, at: found.at });
}
