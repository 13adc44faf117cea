import { spawnSync } from "node:child_process";
import fc from "fast-check";

/** What has broken configuration files of other people. */
const awkward = [
  "'",
  '"',
  "\\",
  "`",
  "\n",
  "\r\n",
  "\t",
  "{{ .Status }}",
  "{{",
  "}}",
  "$",
  "$$",
  "${HOME}",
  "$(id)",
  "''${x}",
  "#",
  ": ",
  "- ",
  "%",
  "<b>&amp;",
  "\u2028",
  "\ufeff",
  "\u202e",
  "ß",
  "温度",
  "🔥",
  "yes",
  "null",
  "~",
  "0x1f",
  "1e3",
  "2026-11-24",
];

/** Any well-formed text, most often with something awkward in it. NUL, which neither shell words nor Nix strings can hold, is apart. */
export const texts: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: "grapheme", maxLength: 6 })), { maxLength: 8 })
      .map((parts) => parts.join("")),
  )
  .map((text) => text.replaceAll("\0", ""));

/** That many values, the same in each run: a failure can be had again. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  tally.set(expect.getState().currentTestName ?? "", count);
  return fc.sample(arbitrary, { numRuns: count, seed: 20_261_124 });
}

/** Cases by test, printed at the end: how much was tried is part of the result. */
export const tally = new Map<string, number>();

/** Output of a program that must succeed. */
export function output(program: string, args: readonly string[], input = ""): Buffer {
  const ended = spawnSync(program, args, { input, maxBuffer: 256 * 1024 * 1024 });
  if (ended.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${ended.error ?? `${ended.stdout}${ended.stderr}`.slice(0, 2000)}`);
  return ended.stdout;
}
