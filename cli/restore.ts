#!/usr/bin/env node
import { defineCommand, runMain } from "citty";
import { exportStack } from "./doctor/stackExport";
import { pushInputs } from "./doctor/state";
import { apply } from "./push/apply";
import { secrets, targets } from "./push/deliver";
import { installCleanup } from "./push/reach";

const verbs = { secrets, apply, targets } as const;

/**
 * Sends a host again what its stack last deployed there, in case somebody changed it by hand: the engine compares with its state, not
 * with the host, and would find nothing to do.
 */
const command = defineCommand({
  meta: {
    name: "restore",
    description: "Puts back on a host what the stack deployed: secrets, configuration, targets",
  },
  args: {
    stack: { type: "string", required: true, description: "name of the stack" },
    host: { type: "string", required: true, description: "name of the host" },
  },
  async run({ args }) {
    try {
      installCleanup();
      const inputs = pushInputs(exportStack(args.stack, true), args.host);
      if (inputs.length === 0) throw new Error(`stack ${args.stack}: it has deployed no host ${args.host}`);
      for (const { verb, stdin } of inputs) {
        process.exitCode = await verbs[verb](stdin);
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
