/** What a comment on GitHub holds, with some to spare. */
export const commentLimit = 60_000;

const note = "_The rest is too long for a comment: `make preview` shows it._";

/**
 * A report that is not longer than a comment may be: it ends after a whole line, with what is open there (a fence, `<details>`) closed, and
 * says that it was cut.
 */
export function fitting(text: string, most = commentLimit): string {
  if (text.length <= most) return text;
  const kept: string[] = [];
  let open: string[] = [];
  let length = 0;
  for (const line of text.split("\n")) {
    const after = opened(open, line);
    const ending = closing(after);
    if (length + line.length + 1 + ending.length > most) break;
    kept.push(line);
    length += line.length + 1;
    open = after;
  }
  return `${kept.map((line) => `${line}\n`).join("")}${closing(open)}`;
}

/** What must be closed after a line, innermost last: the marks of a fence, or a tag. */
function opened(open: readonly string[], line: string): string[] {
  const inner = open.at(-1);
  if (inner !== undefined && !inner.startsWith("<")) return line === inner ? open.slice(0, -1) : [...open];
  const fence = /^(`{3,}|~{3,})/.exec(line)?.[1];
  if (fence !== undefined) return [...open, fence];
  if (line.startsWith("<details>")) return [...open, "</details>"];
  return line === "</details>" ? open.slice(0, -1) : [...open];
}

function closing(open: readonly string[]): string {
  const ends = open.toReversed().map((end) => (end.startsWith("<") ? `\n${end}\n` : `${end}\n`));
  return `${ends.join("")}\n${note}\n`;
}
