/** A line of text as a cell: no line breaks, `|` does not end it, and outside of code `<` begins no tag. */
function cell(text: string): string {
  const parts = text
    .replace(/\s+/g, " ")
    .trim()
    .replaceAll("|", "\\|")
    .split(/(`[^`]*`)/);
  return parts.map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;"))).join("");
}

export function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** A table of GitHub's Markdown; no rows, no table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/**
 * A text with the part between the markers `<!-- generated: name -->` and `<!-- end: name -->` replaced.
 * @throws Error when the markers are not there
 */
export function replaceGenerated(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [at, until] = [text.indexOf(begin), text.indexOf(end)];
  if (at < 0 || until < at) throw new Error(`no markers \`${begin}\` and \`${end}\`: they say where the table goes`);
  return `${text.slice(0, at + begin.length)}\n${content}\n${text.slice(until)}`;
}
