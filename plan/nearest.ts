/**
 * The name that somebody may have meant: the one with the fewest letters changed, added, left out or swapped.
 * @returns undefined where more than a third of the letters would have to change
 */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const word = given.toLowerCase();
  let best: { name: string; slips: number } | undefined;
  for (const name of names) {
    const most = Math.floor(Math.max(word.length, name.length) / 3);
    const slips = slipsBetween(word, name.toLowerCase());
    if (slips <= most && slips < (best?.slips ?? Number.POSITIVE_INFINITY)) best = { name, slips };
  }
  return best?.name;
}

/** Edit distance in which two neighbours that are swapped count once. */
function slipsBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + same,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
