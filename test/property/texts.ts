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

/** The same in each run, so that a failure can be had again; NIXMON_PROPERTY_SEED=NUMBER tries other values. */
export const seed = Number(process.env.NIXMON_PROPERTY_SEED ?? 20_261_124);

/** That many values. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  if (!Number.isSafeInteger(seed))
    throw new Error(`NIXMON_PROPERTY_SEED: got "${process.env.NIXMON_PROPERTY_SEED}", want a whole number`);
  const values = fc.sample(arbitrary, { numRuns: count, seed });
  const test = expect.getState().currentTestName ?? "";
  tally.set(test, (tally.get(test) ?? 0) + values.length);
  return values;
}

/** Cases by test: how much was tried is part of the result. */
const tally = new Map<string, number>();

/** Prints how many cases each test of the file tried, and with which seed; gives their sum. */
export function tellCases(): number {
  const total = [...tally.values()].reduce((sum, count) => sum + count, 0);
  const lines = [...tally, [`in all, NIXMON_PROPERTY_SEED=${seed}`, total] as const].map(
    ([name, count]) => `${String(count).padStart(7)}  ${name}\n`,
  );
  process.stdout.write(`cases tried:\n${lines.join("")}`);
  return total;
}

/** Output of a program that must succeed. */
export function output(program: string, args: readonly string[], input = ""): Buffer {
  const ended = spawnSync(program, args, { input, maxBuffer: 256 * 1024 * 1024 });
  if (ended.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${ended.error ?? `${ended.stdout}${ended.stderr}`.slice(0, 2000)}`);
  return ended.stdout;
}
