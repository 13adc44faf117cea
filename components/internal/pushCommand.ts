import { relative, resolve, sep } from "node:path";
import { quote } from "../../cli/push/remote";

/** What `push.js` can be asked to do; see `cli/push.ts`. */
export type PushVerb =
  | "apply"
  | "secrets"
  | "targets"
  | "targets-remove"
  | "remove"
  | "learn-host-key"
  | "proxmox-login"
  | "proxmox-machine"
  | "proxmox-token";

/**
 * The command of a `local.Command`. It is an input in the state, so it must not differ between two checkouts: the script is named
 * relative to the program's folder, which is also the provider's.
 */
export function pushCommand(verb: PushVerb, programFolder = process.cwd()): string {
  const script = relative(programFolder, resolve(__dirname, "../../cli/push.js"));
  return `node ${quote(script.split(sep).join("/"))} ${verb}`;
}
