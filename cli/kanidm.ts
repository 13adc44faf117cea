#!/usr/bin/env node
/**
 * kanidm.js: makes, mends and removes Grafana's OAuth2 client at a Kanidm that somebody else runs. The components run it; everything but
 * the subcommand comes as JSON on stdin, the token included. stdout of `apply` is the client's secret and nothing else, stderr is
 * progress. Exit code: 2 for a wrong call, else 1.
 */
import { readFileSync } from "node:fs";
import { apply, remove } from "./kanidm/run";

const verbs = { apply, remove };

async function main(words: readonly string[]): Promise<number> {
  const [word = "", ...more] = words;
  if (!(word === "apply" || word === "remove") || more.length > 0) {
    process.stderr.write(`usage: kanidm.js apply|remove <stdin.json; got: ${words.join(" ") || "nothing"}\n`);
    return 2;
  }
  process.stdout.write(await verbs[word](readFileSync(0, "utf8")));
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`kanidm: ${error.message}\n`);
    process.exitCode = error.name === "InputError" ? 2 : 1;
  },
);
