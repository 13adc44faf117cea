#!/usr/bin/env node
/**
 * push.js: what the components run to reach one host over SSH, and to ask a Proxmox API what their provider does not. Everything but the subcommand comes as JSON on stdin.
 * stdout is the answer (for `apply` the host's manifest), stderr is progress. Exit code: the agent's own, 2 for a wrong call, else 1.
 */

type Verb = (stdin: string) => Promise<number>;

// Loaded on demand: a call should reach ssh before anybody notices node.
const verbs: Record<string, () => Promise<Verb>> = {
  apply: async () => (await import("./push/apply")).apply,
  secrets: async () => (await import("./push/deliver")).secrets,
  targets: async () => (await import("./push/deliver")).targets,
  "targets-remove": async () => (await import("./push/deliver")).targetsRemove,
  remove: async () => (await import("./push/deliver")).remove,
  status: async () => (await import("./push/deliver")).status,
  "learn-host-key": async () => (await import("./push/learn")).learnHostKey,
  "proxmox-login": async () => (await import("./proxmox/verbs")).proxmoxLogin,
  "proxmox-machine": async () => (await import("./proxmox/verbs")).proxmoxMachine,
  "proxmox-token": async () => (await import("./proxmox/verbs")).proxmoxToken,
};

async function main(words: readonly string[]): Promise<number> {
  const [word = "", ...more] = words;
  const verb = verbs[word];
  if (verb === undefined || more.length > 0) {
    process.stderr.write(
      `usage: push.js ${Object.keys(verbs).join("|")} <stdin.json; got: ${words.join(" ") || "nothing"}\n`,
    );
    return 2;
  }
  const { installCleanup } = await import("./push/reach");
  installCleanup();
  const { readFileSync } = await import("node:fs");
  return (await verb())(readFileSync(0, "utf8"));
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`push ${process.argv[2]}: ${error.message}\n`);
    process.exitCode = error.name === "InputError" ? 2 : 1;
  },
);
