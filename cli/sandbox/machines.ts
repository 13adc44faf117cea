import { existsSync } from "node:fs";
import { type Folders, SandboxError } from "./context";
import { runScript, runThrough } from "./run";

export interface Machine {
  name: string;
  state: string;
  address: string;
  template: string;
}

export function listMachines(at: Folders): Machine[] {
  return runScript(at.machineScript, "list")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", state = "", address = "", template = ""] = line.split("\t");
      return { name, state, address, template };
    });
}

export interface NewMachine {
  name: string;
  ip?: string;
  template?: string;
  keys?: string;
}

/** Boots a host without the simulated Proxmox VE, as a machine that somebody else made; answers its public host key. */
export function machineUp(at: Folders, { name, ip, template, keys }: NewMachine): string {
  const authorized = keys ?? `${at.sshKey}.pub`;
  if (!existsSync(authorized)) {
    throw new SandboxError(
      `host ${name}: ${authorized} does not exist${keys === undefined ? ": 'sandbox up' makes it, run that first" : ""}`,
    );
  }
  const options = [
    ...(ip ? ["--ip", ip] : []),
    ...(template ? ["--template", template] : []),
    "--authorized-keys",
    authorized,
  ];
  runScript(at.machineScript, "up", name, ...options);
  return runScript(at.machineScript, "host-key", name).trim();
}

export function machineDo(at: Folders, verb: "stop" | "down" | "exec" | "host-key", words: string[]): number {
  return runThrough("sh", at.machineScript, verb, ...words);
}
