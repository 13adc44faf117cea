import { distance } from "fastest-levenshtein";

/**
 * The name that somebody may have meant: the one with the fewest letters changed, added or left out.
 * @returns undefined where more than a third of the letters would have to change; two may in any word of four or more
 */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const word = given.toLowerCase();
  let best: { name: string; slips: number } | undefined;
  for (const name of names) {
    const most = Math.max(word.length > 3 ? 2 : 1, Math.floor(Math.max(word.length, name.length) / 3));
    const slips = distance(word, name.toLowerCase());
    if (slips <= most && slips < (best?.slips ?? Number.POSITIVE_INFINITY)) best = { name, slips };
  }
  return best?.name;
}
