import { load, YAMLException } from "js-yaml";
import type { Problem } from "../plan/types";

/** What a file holds, or why that cannot be said. */
export type ParsedYaml = { value: unknown } | { problem: Problem };

/** @param file its path, for the message */
export function parseYaml(file: string, text: string): ParsedYaml {
  try {
    return { value: load(text) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // nothing but comments: the parser wants a document, YAML does not
    if (/input is empty$/.test(error.reason)) return { value: undefined };
    return { problem: problemOf(file, text, error) };
  }
}

/** The line as it is written names the key or the host that it is about. */
function problemOf(file: string, text: string, { mark, reason }: YAMLException): Problem {
  if (mark === undefined) return { key: file, got: reason, want: "YAML" };
  // a mistake that shows at the end of the file is in the last line that says something
  const lines = text
    .split("\n")
    .slice(0, mark.line + 1)
    .join("\n")
    .trimEnd()
    .split("\n");
  const line = lines.at(-1)?.trim() ?? "";
  const got = `${reason} at \`${line.length > 80 ? `${line.slice(0, 77)}...` : line}\``;
  const want = reason.startsWith("duplicated mapping key") ? "each key once" : "YAML";
  return { key: `${file}, line ${lines.length}`, got, want };
}
