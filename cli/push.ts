#!/usr/bin/env node
/**
 * push.js: what the components run to reach one host over SSH, and to ask a Proxmox API what their provider does not. Everything but the subcommand comes as JSON on stdin.
 * stdout is the answer (for `apply` the host's manifest), stderr is progress. Exit code: the agent's own, 2 for a wrong call, else 1.
 * What goes over SSH is called by way of push.sh, which has the program of the run do it where that listens (docs/decisions/0004).
 */
import { readFileSync } from "node:fs";
import { installCleanup } from "./push/reach";
import { carryOut, verbNames } from "./push/verbs";

async function main(words: readonly string[]): Promise<number> {
  const [word = "", ...more] = words;
  if (more.length > 0 || !verbNames.includes(word)) {
    process.stderr.write(`usage: push.js ${verbNames.join("|")} <stdin.json; got: ${words.join(" ") || "nothing"}\n`);
    return 2;
  }
  installCleanup();
  return carryOut(word, readFileSync(0).toString());
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
