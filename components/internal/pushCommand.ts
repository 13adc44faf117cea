import { join, relative, resolve, sep } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { listenForPushes } from "../../cli/push/listen";
import { packageRoot } from "../../cli/push/release";
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

/** Those that are SSH: the program of the run does them. */
const overSsh: readonly PushVerb[] = ["apply", "secrets", "targets", "targets-remove", "remove"];

/** The command that pushes; in a real run this process is from now on there to do the work for it, see docs/decisions/0004. */
export function pushCommand(verb: PushVerb, programFolder = process.cwd()): string {
  if (!overSsh.includes(verb)) return nodeCommand("push", verb, programFolder);
  if (pulumi.runtime.hasEngine() && !pulumi.runtime.isDryRun()) listenForPushes(scriptFile("push"));
  return commandOf("sh", join(packageRoot(), "cli/push.sh"), verb, programFolder);
}

/** The command of a `local.Command` that runs one of our scripts. */
export function nodeCommand(script: "push" | "kanidm", verb: string, programFolder = process.cwd()): string {
  return commandOf("node", scriptFile(script), verb, programFolder);
}

const scriptFile = (script: string) => resolve(__dirname, `../../cli/${script}.js`);

/**
 * It is an input in the state, so it must not differ between two checkouts: the file is named relative to the program's folder, which is also the
 * provider's.
 */
function commandOf(interpreter: "node" | "sh", file: string, verb: string, programFolder: string): string {
  const place = relative(programFolder, file).split(sep).join("/");
  return `${interpreter} ${quote(place)} ${quote(verb)}`;
}
