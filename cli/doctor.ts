#!/usr/bin/env node
import { defineCommand, runMain } from "citty";
import { doctor } from "./doctor/doctor";
import { checkOptions } from "./options";

/** Where nothing could be looked at: more than any number of findings. */
const couldNotLook = 101;

const options = {
  stack: { type: "string", required: true, description: "name of the stack" },
  host: { type: "string", description: "look at this host only" },
  json: { type: "boolean", default: false, description: "print every check as JSON" },
} as const;

const command = defineCommand({
  meta: {
    name: "nixmon-doctor",
    description:
      "Looks at every host of a deployed stack and says what is wrong, why, and what to type. " +
      "Exit code: the number of findings, at most 100; 101 where it could not look",
  },
  args: options,
  async run({ args, rawArgs }) {
    try {
      checkOptions(rawArgs, options);
      const terminal = process.stdout.isTTY === true && !process.env.NO_COLOR;
      process.exitCode = await doctor({ stack: args.stack, host: args.host, json: args.json, terminal });
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = couldNotLook;
    }
  },
});

void runMain(command);
