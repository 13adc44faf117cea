import { nearest } from "../plan/nearest";

/**
 * Refuses options that a command does not have: they would be left out without a word, and `--hosts x` would look at every host.
 * @param rawArgs the words as they were typed
 * @param known the command's arguments
 * @throws Error that names the option and those there are
 */
export function checkOptions(rawArgs: readonly string[], known: Readonly<Record<string, { type?: string }>>): void {
  const options = Object.entries(known).filter(([, { type }]) => type !== "positional");
  const names = options.map(([name]) => name);
  for (const word of rawArgs) {
    if (word === "--") return;
    const name = /^--?([^=]+)/.exec(word)?.[1];
    if (name === undefined || names.includes(name) || /^-\d/.test(word)) continue;
    if (known[name.replace(/^no-/, "")]?.type === "boolean") continue;
    const meant = nearest(name, names);
    throw new Error(
      `--${name}: no such option, want one of ${names.map((each) => `--${each}`).join(", ")}` +
        (meant === undefined ? "" : `; did you mean --${meant}?`),
    );
  }
}

/** @throws Error that names the option where the text is no whole number from `least` on */
export function wholeNumber(option: string, text: string, least: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least) return number;
  throw new Error(`--${option}: got "${text}", want a whole number of at least ${least}`);
}
