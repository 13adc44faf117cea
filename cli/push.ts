#!/usr/bin/env node
/**
 * push.js: what the components run to reach one host over SSH, and to ask a Proxmox API what their provider does not. Everything but the subcommand comes as JSON on stdin.
 * stdout is the answer (for `apply` the host's manifest), stderr is progress. Exit code: the agent's own, 2 for a wrong call, else 1.
 * Where the program of this run listens, the work is done there (docs/decisions/0004); all is loaded on demand, so that such a call costs little.
 */
import { readFileSync } from "node:fs";

async function main(words: readonly string[]): Promise<number> {
  const [word = "", ...more] = words;
  const { endOnSignals } = await import("./push/engine");
  const { handedOver, meetingPlace } = await import("./push/meeting");
  endOnSignals();
  let input: Buffer | undefined;
  const meeting = more.length === 0 && handedOver.includes(word) ? meetingPlace(__filename) : undefined;
  if (meeting !== undefined) {
    input = readFileSync(0);
    const { handOver } = await import("./push/handOver");
    const code = await handOver(word, input, meeting);
    if (code !== undefined) return code;
  }

  const { carryOut, verbNames } = await import("./push/verbs");
  if (more.length > 0 || !verbNames.includes(word)) {
    process.stderr.write(`usage: push.js ${verbNames.join("|")} <stdin.json; got: ${words.join(" ") || "nothing"}\n`);
    return 2;
  }
  (await import("./push/reach")).installCleanup();
  return carryOut(word, (input ?? readFileSync(0)).toString());
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
