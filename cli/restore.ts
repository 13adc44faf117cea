#!/usr/bin/env node
import { defineCommand, runMain } from "citty";
import { exportStack } from "./doctor/stackExport";
import { deployedHosts, pushInputs } from "./doctor/state";
import { checkOptions } from "./options";
import { apply } from "./push/apply";
import { type Caller, caller, onBehalfOf } from "./push/caller";
import { secrets, targets } from "./push/deliver";
import { installCleanup } from "./push/reach";

const verbs = { secrets, apply, targets } as const;

/** The progress is for a person; what a push answers is for the engine, which is not here. */
const person: Caller = { ...caller(), out: () => undefined };

function noSuchHost(host: string, hosts: readonly string[]): string {
  if (hosts.length === 0) return "it has deployed no host; `make up` does";
  return `got ${host === "" ? "no host" : `host ${host}`}, want HOST=x with one that it has deployed: ${hosts.join(", ")}`;
}

const options = {
  stack: { type: "string", required: true, description: "name of the stack" },
  host: { type: "string", required: true, description: "name of the host" },
} as const;

/**
 * Sends a host again what its stack last deployed there, in case somebody changed it by hand: the engine compares with its state, not
 * with the host, and would find nothing to do.
 */
const command = defineCommand({
  meta: {
    name: "nixmon-restore",
    description: "Puts back on a host what the stack deployed: secrets, configuration, targets",
  },
  args: options,
  async run({ args, rawArgs }) {
    try {
      checkOptions(rawArgs, options);
      installCleanup();
      const state = exportStack(args.stack, true);
      const inputs = pushInputs(state, args.host);
      if (inputs.length === 0) throw new Error(`stack ${args.stack}: ${noSuchHost(args.host, deployedHosts(state))}`);
      for (const { verb, stdin } of inputs) {
        process.exitCode = await onBehalfOf(person, () => verbs[verb](stdin));
        if (process.exitCode !== 0) return;
      }
      console.log(`\n${args.host}: ${inputs.map(({ verb }) => verb).join(", ")} are as the stack deployed them`);
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  },
});

void runMain(command);
