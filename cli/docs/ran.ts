import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** What jest writes with `--json`, as far as it is read here. */
interface JestResults {
  testResults?: {
    name: string;
    startTime: number;
    assertionResults: { ancestorTitles: string[]; title: string; status: string }[];
  }[];
}

/**
 * Titles of the tests of a file that passed when they last ran. Undefined where nothing is known: they did not run here, or the file is
 * younger than its results.
 */
export type Passed = (file: string) => string[] | undefined;

/** Reads the results that `make test` leaves in `build/test`. */
export function readResults(root: string): Passed {
  const folder = resolve(root, "build/test");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const suites = names.flatMap(
    (name) => (JSON.parse(readFileSync(join(folder, name), "utf8")) as JestResults).testResults ?? [],
  );
  return (file) => {
    const path = resolve(root, file);
    const changed = statSync(path).mtimeMs;
    const last = suites
      .filter(({ name, startTime }) => name === path && startTime > changed)
      .sort((one, other) => other.startTime - one.startTime)[0];
    return last?.assertionResults
      .filter(({ status }) => status === "passed")
      .flatMap(({ ancestorTitles, title }) => [...ancestorTitles, title]);
  };
}

/** A pattern for the text itself. */
export function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Whether words of a title, with the signs of a table in them (`%s`, `$row`), are in one that passed. */
export function passedAs(titles: readonly string[], words: string): boolean {
  const fixed = words.split(/%[sdj]|\$\w+/).map(literally);
  return titles.some((title) => new RegExp(fixed.join(".*")).test(title));
}
