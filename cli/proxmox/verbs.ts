import { loginOf, nameOf, ProxmoxError } from "./api";
import { openProxmox, type ProxmoxClient } from "./client";
import { machineFacts } from "./facts";
import { type LoginInput, readLogin, readMachineCheck, readProxmoxApi } from "./input";
import { machineMessage, machineProblems, rootDiskOf } from "./machine";
import { missingRights, type Permissions, rightsMessage } from "./makes";
import { rightsProblem, tokenRights, valueUnknown } from "./rights";

/** Proves that the API is there, is the right one, and takes the login, which may make what the stack makes. */
export async function proxmoxLogin(text: string): Promise<number> {
  const input = readLogin(text);
  const client = await openProxmox(input.api);
  try {
    await demandRights(client, input);
    const { data } = await client.ask("GET", "/version");
    // Kept in the state, so nothing that differs from day to day.
    process.stdout.write(`${(data as { release?: string } | null)?.release ?? "unknown"}\n`);
  } finally {
    client.close();
  }
  return 0;
}

async function demandRights(client: ProxmoxClient, { api, makes }: LoginInput): Promise<void> {
  if (makes.length === 0) return;
  const { status, data } = await client.ask("GET", "/access/permissions");
  // who may not ask what it may do is told by the first thing that is refused
  if (status !== 200) return;
  const missing = missingRights(makes, (data ?? {}) as Permissions);
  const login = loginOf(api);
  if (missing.length > 0 && login !== undefined)
    throw new ProxmoxError(rightsMessage(api.endpoint, nameOf(login), missing));
}

/**
 * Proves, before a machine is made or changed, that what it names is there and that its place is free. Prints where the root disk of a
 * template's clone is.
 */
export async function proxmoxMachine(text: string): Promise<number> {
  const { api, machine } = readMachineCheck(text);
  const client = await openProxmox(api);
  try {
    const facts = await machineFacts(client, machine);
    const problems = machineProblems(machine, facts);
    if (problems.length > 0) throw new Error(machineMessage(machine.host, problems));
    if (machine.template !== undefined) process.stdout.write(rootDiskOf(machine, facts.templateDisks) ?? "");
  } finally {
    client.close();
  }
  return 0;
}

/** Proves that a monitoring token sees something and can change nothing. */
export async function proxmoxToken(text: string): Promise<number> {
  const { api } = readProxmoxApi(text);
  // not the environment's login, which would be tried in its place
  if (!api.apiToken) throw new ProxmoxError(valueUnknown);
  const client = await openProxmox(api);
  try {
    const problem = rightsProblem(api.apiToken.split("=")[0] ?? "", await tokenRights(client));
    if (problem !== undefined) throw new Error(problem);
  } finally {
    client.close();
  }
  return 0;
}
