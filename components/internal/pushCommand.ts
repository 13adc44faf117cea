import { relative, resolve, sep } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { listenForPushes } from "../../cli/push/listen";
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

/** The command that pushes; in a real run this process is from now on there to do the work for it, see docs/decisions/0004. */
export function pushCommand(verb: PushVerb, programFolder = process.cwd()): string {
  if (pulumi.runtime.hasEngine() && !pulumi.runtime.isDryRun())
    listenForPushes(resolve(__dirname, "../../cli/push.js"));
  return nodeCommand("push", verb, programFolder);
}

/**
 * The command of a `local.Command` that runs one of our scripts. It is an input in the state, so it must not differ between two
 * checkouts: the script is named relative to the program's folder, which is also the provider's.
 */
export function nodeCommand(script: "push" | "kanidm", verb: string, programFolder = process.cwd()): string {
  const file = relative(programFolder, resolve(__dirname, `../../cli/${script}.js`));
  return `node ${quote(file.split(sep).join("/"))} ${quote(verb)}`;
}
