#!/usr/bin/env node
import { relative } from "node:path";
import { defineCommand, runMain } from "citty";
import { checkOptions } from "./options";
import { forecastTable } from "./render/forecast";
import { render } from "./render/render";
import { table } from "./render/table";

const options = {
  stack: { type: "positional", description: "Stack, as in Pulumi.<stack>.yaml", required: true },
  out: {
    type: "string",
    description: "Folder to write to; the stack gets one of its own in it",
    default: "build/rendered",
  },
  json: { type: "boolean", description: "Print the result as JSON", default: false },
} as const;

const command = defineCommand({
  meta: {
    name: "nixmon-render",
    description: "Write what each host of a stack would get, without engine, network or secrets",
  },
  args: options,
  run({ args, rawArgs }) {
    try {
      checkOptions(rawArgs, options);
      const result = render({ stack: args.stack, out: args.out, project: process.cwd() });
      if (args.json) return console.log(JSON.stringify(result, null, 2));
      console.log(table(result.hosts));
      if (result.forecast) console.log(`\n${forecastTable(result.forecast)}\n`);
      console.log(`written to ${relative(process.cwd(), result.folder) || "."}`);
      for (const warning of result.warnings) console.error(`warning: ${warning}`);
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  },
});

void runMain(command);
