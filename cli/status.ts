#!/usr/bin/env node
import { defineCommand, runMain } from "citty";
import { checkOptions, wholeNumber } from "./options";
import { stackStatus } from "./status/status";

const options = {
  stack: { type: "string", required: true, description: "name of the stack" },
  wait: { type: "string", default: "0", description: "seconds to wait until every target is up" },
  json: { type: "boolean", default: false, description: "print JSON instead of a table" },
} as const;

/** `make status`: what the primary's Prometheus sees of every target, as a table for people or JSON for machines. */
const command = defineCommand({
  meta: {
    name: "status",
    description: "Shows every scrape target of a deployed stack, up or down, and the addresses to open",
  },
  args: options,
  async run({ args, rawArgs }) {
    try {
      checkOptions(rawArgs, options);
      process.exitCode = await stackStatus({
        stack: args.stack,
        wait: wholeNumber("wait", args.wait, 0),
        json: args.json,
      });
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  },
});

runMain(command);
