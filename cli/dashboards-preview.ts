#!/usr/bin/env node
import { resolve } from "node:path";
import { defineCommand, runMain } from "citty";
import { columns } from "./columns";
import { askDirectly, askOverSsh } from "./dashboards-preview/ask";
import { preview } from "./dashboards-preview/preview";
import { checkOptions, wholeNumber } from "./options";
import { installCleanup } from "./push/reach";
import { prometheusOf } from "./status/status";

const options = {
  stack: { type: "string", description: "a deployed stack, whose primary is asked over SSH" },
  prometheus: { type: "string", description: "instead: address of a Prometheus that this machine can reach" },
  minutes: { type: "string", default: "30", description: "how far the pictures go back" },
  out: { type: "string", default: "build/dashboards-preview", description: "folder of the pages" },
  json: { type: "boolean", default: false, description: "print JSON instead of a table" },
} as const;

/** `make dashboards-preview`: every dashboard as a page of pictures, from what Prometheus holds now. */
const command = defineCommand({
  meta: {
    name: "dashboards-preview",
    description: "Draws the dashboards from a Prometheus, so that a person can look before Grafana is there",
  },
  args: options,
  async run({ args, rawArgs }) {
    try {
      checkOptions(rawArgs, options);
      process.exitCode = (await draw(args)) > 0 ? 1 : 0;
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  },
});

interface Wanted {
  stack?: string | undefined;
  prometheus?: string | undefined;
  minutes: string;
  out: string;
  json: boolean;
}

/** @returns how many queries Prometheus refused */
async function draw(args: Wanted): Promise<number> {
  const range = 60 * wholeNumber("minutes", args.minutes, 1);
  if ((args.stack === undefined) === (args.prometheus === undefined))
    throw new Error("want one of --stack NAME and --prometheus URL");
  installCleanup();
  const folder = resolve(args.out);
  const now = Math.floor(Date.now() / 1000);
  const { ask, source } = way(args.stack, args.prometheus);
  const summaries = await preview({ ask, source, folder, range, now });
  const failed = summaries.flatMap(({ title, failed }) => failed.map((text) => `${title}: ${text}`));
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ folder, dashboards: summaries }, undefined, 2)}\n`);
  } else {
    const rows = summaries.map(({ title, panels, queries, empty, failed: { length } }) =>
      [title, panels, queries, empty, length].map(String),
    );
    const heading = ["dashboard", "panels", "queries", "without data", "refused"];
    process.stdout.write(`${columns([heading, ...rows], [1, 2, 3, 4]).join("\n")}\n\n`);
    for (const text of failed) process.stdout.write(`refused: ${text}\n`);
    process.stdout.write(`open ${folder}/index.html\n`);
  }
  return failed.length;
}

function way(stack: string | undefined, address: string | undefined) {
  if (stack === undefined) return { ask: askDirectly(address ?? ""), source: `Prometheus at ${address}` };
  const { primary, connection, url } = prometheusOf(stack);
  return { ask: askOverSsh(primary, connection, url), source: `Prometheus of stack ${stack} on ${primary}` };
}

runMain(command);
