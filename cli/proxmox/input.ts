import { Reader } from "../push/input";
import type { ProxmoxApi } from "./api";
import type { WantedMachine } from "./machine";
import { isMake, type Make } from "./makes";

const endpointPattern = /^https:\/\/[^\s/?#]+\/?$/;
const fingerprintPattern = /^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/;

/** stdin of the verbs that ask a Proxmox API. */
export interface ProxmoxInput {
  api: ProxmoxApi;
}

export interface LoginInput extends ProxmoxInput {
  /** What the stack makes, and the login must be allowed to make. */
  makes: Make[];
}

export interface MachineCheckInput extends ProxmoxInput {
  machine: WantedMachine;
}

export function readProxmoxApi(text: string): ProxmoxInput {
  const reader = new Reader(text);
  return reader.finish({ api: proxmoxApi(reader, reader.fields.api) });
}

export function readLogin(text: string): LoginInput {
  const reader = new Reader(text);
  const { makes = [] } = reader.fields;
  if (!Array.isArray(makes) || !makes.every(isMake)) reader.wrong("makes", makes, "a list of what the stack makes");
  return reader.finish({ api: proxmoxApi(reader, reader.fields.api), makes: makes as Make[] });
}

export function readMachineCheck(text: string): MachineCheckInput {
  const reader = new Reader(text);
  const machine = reader.object("machine", reader.fields.machine);
  const word = (key: string) => reader.text(`machine.${key}`, machine[key], /^\S+$/, "a name");
  word("host");
  word("node");
  word("bridge");
  if (machine.type !== "vm" && machine.type !== "lxc") reader.wrong("machine.type", machine.type, "vm or lxc");
  if (!Array.isArray(machine.datastores)) reader.wrong("machine.datastores", machine.datastores, "a list of names");
  // The component that made it is typed; the rest is compared with what Proxmox says and sent nowhere.
  return reader.finish({ api: proxmoxApi(reader, reader.fields.api), machine: machine as unknown as WantedMachine });
}

/** @param value the object under `api` */
export function proxmoxApi(reader: Reader, value: unknown): ProxmoxApi {
  const api = reader.object("api", value);
  const optional = (key: string, pattern: RegExp, wanted: string): Record<string, string> =>
    api[key] === undefined ? {} : { [key]: reader.text(`api.${key}`, api[key], pattern, wanted) };
  return {
    endpoint: reader.text("api.endpoint", api.endpoint, endpointPattern, "a URL such as https://pve.example.net:8006"),
    insecure: api.insecure === true,
    ...optional("ca", /\S/, "the path of a PEM file"),
    ...optional("fingerprint", fingerprintPattern, "a SHA-256 as AA:BB:..., 32 pairs"),
    ...optional("username", /^\S+@\S+$/, "a user with realm such as root@pam"),
    ...secretly(reader, api, "apiToken"),
    ...secretly(reader, api, "password"),
  };
}

/** A value that is never shown, whatever it is. */
function secretly(reader: Reader, api: Record<string, unknown>, key: "apiToken" | "password"): Record<string, string> {
  const value = api[key];
  if (value === undefined) return {};
  if (typeof value === "string" && value !== "") return { [key]: value };
  reader.wrong(`api.${key}`, value === "" ? "" : `a ${typeof value}`, "a text that is not empty");
  return {};
}
