import type { Folders } from "./context";
import { run, runThrough } from "./run";

export interface Machine {
  name: string;
  state: string;
  address: string;
  template: string;
}

export function listMachines(at: Folders): Machine[] {
  return run("sh", at.machineScript, "list")
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
  const options = [
    ...(ip ? ["--ip", ip] : []),
    ...(template ? ["--template", template] : []),
    "--authorized-keys",
    keys ?? `${at.sshKey}.pub`,
  ];
  run("sh", at.machineScript, "up", name, ...options);
  return run("sh", at.machineScript, "host-key", name).trim();
}

export function machineDo(at: Folders, verb: "stop" | "down" | "exec" | "host-key", words: string[]): number {
  return runThrough("sh", at.machineScript, verb, ...words);
}
