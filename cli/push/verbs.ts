import { caller } from "./caller";

type Verb = (stdin: string) => Promise<number>;

// Loaded on demand: a call should reach ssh before anybody notices node.
const verbs: Record<string, () => Promise<Verb>> = {
  apply: async () => (await import("./apply")).apply,
  secrets: async () => (await import("./deliver")).secrets,
  targets: async () => (await import("./deliver")).targets,
  "targets-remove": async () => (await import("./deliver")).targetsRemove,
  remove: async () => (await import("./deliver")).remove,
  status: async () => (await import("./deliver")).status,
  "learn-host-key": async () => (await import("./learn")).learnHostKey,
  "proxmox-login": async () => (await import("../proxmox/verbs")).proxmoxLogin,
  "proxmox-machine": async () => (await import("../proxmox/verbs")).proxmoxMachine,
  "proxmox-token": async () => (await import("../proxmox/verbs")).proxmoxToken,
};

export const verbNames: readonly string[] = Object.keys(verbs);

/** Whether the command of a resource is this push; in states from before there was push.sh it is push.js. */
export const isPush = (command: unknown, verb: string): boolean =>
  new RegExp(`\\bpush\\.(sh|js)'? ${verb}$`).test(String(command));

/** Does what the verb says, to its exit code. Errors go to the caller's stderr. */
export async function carryOut(word: string, stdin: string): Promise<number> {
  try {
    const verb = verbs[word];
    if (verb === undefined) throw new Error(`no such verb; known: ${verbNames.join(", ")}`);
    return await (await verb())(stdin);
  } catch (thrown) {
    const error = thrown as Error;
    caller().err(`push ${word}: ${error.message}\n`);
    return error.name === "InputError" ? 2 : 1;
  }
}
