import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Answer } from "../../cli/proxmox/api";
import { openProxmox } from "../../cli/proxmox/client";
import { must, root } from "./sandbox";

export const endpoint = "https://10.231.77.1:8006";
const folder = `${process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox"}`;
export const certificate = `${folder}/proxmox/cert.pem`;
export const publicKey = `${folder}/ssh/id_ed25519.pub`;
export const node = "/nodes/pve1";

export const password = () => readFileSync(`${folder}/proxmox/password`, "utf8").trim();

/** What a person does by hand in Proxmox. */
export async function byHand(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  params: Record<string, string> = {},
): Promise<Answer> {
  const client = await openProxmox({ endpoint, insecure: true, username: "root@pam", password: password() });
  try {
    const answer = await client.ask(method, path, params);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.reason}`);
    if (typeof answer.data === "string" && answer.data.startsWith("UPID:")) await ended(client, answer.data);
    return answer;
  } finally {
    client.close();
  }
}

async function ended(client: Awaited<ReturnType<typeof openProxmox>>, upid: string): Promise<void> {
  for (;;) {
    const { data } = await client.ask("GET", `${node}/tasks/${encodeURIComponent(upid)}/status`);
    const { status, exitstatus } = data as { status: string; exitstatus?: string };
    if (status === "stopped" && exitstatus !== "OK") throw new Error(`${upid}: ${exitstatus}`);
    if (status === "stopped") return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The login that docs/machines.md says to make, made as it says; answers the API token. Removed by `loginRemoved`. */
export async function documentedLogin(): Promise<string> {
  const text = readFileSync(resolve(root, "docs/machines.md"), "utf8");
  const word = (pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`docs/machines.md: no ${pattern}`);
    return found;
  };
  const [userid, roleid] = [word(/^pveum user add (\S+)$/m), word(/^pveum role add (\S+) /m)];
  await byHand("POST", "/access/roles", { roleid, privs: word(/^pveum role add \S+ --privs "(.+)"$/m) });
  await byHand("POST", "/access/users", { userid });
  await byHand("PUT", "/access/acl", { path: "/", users: userid, roles: word(/^pveum acl modify .+ --roles (\S+)$/m) });
  const tokenid = word(/^pveum user token add \S+ (\S+) --privsep 0$/m);
  const { data } = await byHand("POST", `/access/users/${userid}/token/${tokenid}`, { privsep: "0" });
  return `${userid}!${tokenid}=${(data as { value: string }).value}`;
}

export async function loginRemoved(): Promise<void> {
  await byHand("DELETE", "/access/users/nixmon@pve");
  await byHand("DELETE", "/access/roles/NixmonDeploy");
}

export interface GuestShown {
  vmid: number;
  name: string;
  type: string;
  status: string;
}

export async function guests(): Promise<GuestShown[]> {
  return (await byHand("GET", "/cluster/resources", { type: "vm" })).data as GuestShown[];
}

export async function configOf(name: string): Promise<Record<string, unknown>> {
  const found = (await guests()).find((guest) => guest.name === name);
  if (found === undefined) throw new Error(`no guest ${name}`);
  return (await byHand("GET", `${node}/${found.type}/${found.vmid}/config`)).data as Record<string, unknown>;
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  outputs?: Record<string, unknown>;
}

/**
 * What the engine keeps of a stack, without the stack itself.
 * @param cwd of another program than this checkout's
 */
export function stateOf(stack: string, cwd?: string): StateResource[] {
  const exported = must(["pulumi", "stack", "export", "--stack", stack], cwd === undefined ? {} : { cwd }).stdout;
  const { deployment } = JSON.parse(exported) as { deployment: { resources?: StateResource[] } };
  return (deployment.resources ?? []).filter(({ type }) => type !== "pulumi:pulumi:Stack");
}

export function named(stack: string, name: string, cwd?: string): StateResource | undefined {
  return stateOf(stack, cwd).find(({ urn }) => urn.endsWith(`::${name}`));
}

/** Takes a guest away by hand, if it is there. */
export async function removed(name: string): Promise<void> {
  for (const { vmid, type, status } of (await guests()).filter((guest) => guest.name === name)) {
    if (status === "running") await byHand("POST", `${node}/${type}/${vmid}/status/stop`);
    await byHand("DELETE", `${node}/${type}/${vmid}`);
  }
}
