import type { ProxmoxClient } from "../../../cli/proxmox/client";
import { Authenticator, hashPassword } from "../../../sandbox/proxmox/auth";
import type { Hypervisor, MachineSpec } from "../../../sandbox/proxmox/hypervisor";
import type { Version } from "../../../sandbox/proxmox/roles";
import type { Api } from "../../../sandbox/proxmox/router";
import { type Answer, answer } from "../../../sandbox/proxmox/server";
import { initialState } from "../../../sandbox/proxmox/state";
import { Tasks } from "../../../sandbox/proxmox/tasks";

export const PASSWORD = "correct horse";

/** A hypervisor that only remembers what it was told. */
export class Recorder implements Hypervisor {
  readonly on = new Set<string>();
  readonly log: string[] = [];
  spec: MachineSpec | undefined;

  async start(spec: MachineSpec): Promise<void> {
    this.spec = spec;
    this.log.push(`start ${spec.name}`);
    this.on.add(spec.name);
  }

  async stop(name: string): Promise<void> {
    this.log.push(`stop ${name}`);
    this.on.delete(name);
  }

  async destroy(name: string): Promise<void> {
    this.log.push(`destroy ${name}`);
    this.on.delete(name);
  }

  running(name: string): boolean {
    return this.on.has(name);
  }

  readFile(_name: string, path: string): string | undefined {
    return path === "/etc/ssh/ssh_host_ed25519_key.pub" ? "ssh-ed25519 AAAA host\n" : undefined;
  }
}

export type Params = Record<string, string>;

/** A simulated Proxmox VE in memory, and requests to it. */
export function simulated(version: Version = 8) {
  const state = initialState(hashPassword(PASSWORD), version);
  const hypervisor = new Recorder();
  const clock = { now: 1_000_000 };
  const api: Api = {
    state,
    save: () => {},
    tasks: new Tasks(),
    auth: new Authenticator(state, () => clock.now),
    hypervisor,
    address: "10.231.77.1",
  };
  const send = (method: string, path: string, params: Params, headers: Record<string, string>): Promise<Answer> => {
    const text = new URLSearchParams(params).toString();
    const query = method === "GET" || method === "DELETE";
    const url = `/api2/json${path}${query && text !== "" ? `?${text}` : ""}`;
    return answer(api, { method, url, headers, body: query ? "" : text });
  };
  const ticket = () => {
    const { ticket: cookie, CSRFPreventionToken: csrf } = api.auth.login("root@pam", PASSWORD);
    return { cookie: `PVEAuthCookie=${cookie}`, csrfpreventiontoken: csrf };
  };
  return {
    api,
    hypervisor,
    clock,
    ticket,
    /** As root@pam with a ticket. */
    root: (method: string, path: string, params: Params = {}) => send(method, path, params, ticket()),
    /** With an API token, "user@realm!name=value". */
    token: (token: string, method: string, path: string, params: Params = {}) =>
      send(method, path, params, { authorization: `PVEAPIToken=${token}` }),
    with: (headers: Record<string, string>, method: string, path: string, params: Params = {}) =>
      send(method, path, params, headers),
    /** What the product asks through, without the network between. */
    client: (headers: Record<string, string>): ProxmoxClient => ({
      ask: async (method, path, params = {}) => {
        const { status, reason, body } = await send(method, path, params, headers);
        return { status, reason, data: body.data };
      },
      close: () => undefined,
    }),
  };
}

export type Simulated = ReturnType<typeof simulated>;

/** Waits for the task that an answer names; answers how it ended. */
export async function finished(pve: Simulated, started: Answer): Promise<string> {
  expect(started.status).toBe(200);
  await pve.api.tasks.idle();
  const status = await pve.root("GET", `/nodes/pve1/tasks/${encodeURIComponent(String(started.body.data))}/status`);
  return (status.body.data as { exitstatus: string }).exitstatus;
}
