import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { code, markdownTable } from "./markdown";
import { type Passed, passedAs, readResults } from "./ran";
import { hasTitle, testTitles } from "./titles";

/** A file of tests and words of the title of one. */
export type Proof = readonly [file: string, words: string];

/** One row of the document that this project comes from. */
export interface SeedRow {
  row: string;
  /** Where we do it otherwise, and why. */
  note?: string;
  code?: readonly string[];
  proof?: readonly Proof[];
}

export interface SeedSection<Row extends SeedRow = SeedRow> {
  title: string;
  /** What holds for each row of the section. */
  code: readonly string[];
  proof: readonly Proof[];
  rows: readonly Row[];
}

/** The test that goes through `test/cases/seed.json` row by row. */
const rowByRow = "test/unit/seed.test.ts";

/**
 * `docs/seed-coverage.md`.
 * @throws Error with each file that is not there, each test that is not in its file, and each that did not pass when it last ran here
 */
export function seedPage(root: string): string {
  const text = readFileSync(resolve(root, "test/cases/seed.json"), "utf8");
  const sections = Object.values(JSON.parse(text) as Record<string, SeedSection>);
  const passed = readResults(root);
  const problems = sections.flatMap((section) => section.rows.flatMap((row) => problemsOf(root, passed, section, row)));
  if (problems.length > 0) throw new Error(`test/cases/seed.json:\n  ${[...new Set(problems)].join("\n  ")}`);
  const rows = sections.reduce((sum, section) => sum + section.rows.length, 0);
  return [
    "# Where each row of the seed is",
    "",
    `The ${rows} rows of the tables and lists of the seed, the document that this project comes from, with the code that does what they say and`,
    `tests that fail without it. Beside those named here, [${rowByRow}](../${rowByRow}) goes through every row.`,
    "",
    ...sections.flatMap((section) => [`## ${section.title} (${section.rows.length})`, "", table(section), ""]),
  ].join("\n");
}

const link = (path: string): string => `[${path.split("/").slice(-2).join("/")}](../${path})`;
const links = (paths: readonly string[] = []): string => paths.map(link).join(", ");
const proofs = (all: readonly Proof[] = []): string => all.map(([file, words]) => `${link(file)}: ${words}`).join("; ");

/** What holds for all rows is said once, above the table. */
function table(section: SeedSection): string {
  const common = [links(section.code), proofs(section.proof)].filter((text) => text !== "").join(". Tests: ");
  const rows = section.rows.map((row) => [
    code(row.row) + (row.note === undefined ? "" : `: ${row.note}`),
    links(row.code),
    proofs(row.proof),
  ]);
  const used = [true, ...[1, 2].map((column) => rows.some((row) => row[column] !== ""))];
  const only = (row: readonly string[]): string[] => row.filter((_, column) => used[column]);
  const shown = markdownTable(only(["row", "code", "tests"]), rows.map(only));
  return common === "" ? shown : `For each: ${common}.\n\n${shown}`;
}

const codeOf = (section: SeedSection, row: SeedRow) => [...(row.code ?? []), ...section.code];
const proofOf = (section: SeedSection, row: SeedRow) => [...(row.proof ?? []), ...section.proof];

function problemsOf(root: string, passed: Passed, section: SeedSection, row: SeedRow): string[] {
  const there = (path: string): boolean => existsSync(resolve(root, path));
  const missing = codeOf(section, row).filter((path) => !there(path));
  const proof = proofOf(section, row);
  const unproven = proof.filter(([file, words]) => {
    if (!there(file)) return true;
    const text = readFileSync(resolve(root, file), "utf8");
    return !hasTitle(testTitles(file, text), words, text);
  });
  const failed = proof.filter(([file, words]) => {
    const titles = there(file) ? passed(file) : undefined;
    return titles !== undefined && !passedAs(titles, words);
  });
  const none = proof.length === 0 ? [`${row.row}: no test is named`] : [];
  return [
    ...none,
    ...missing.map((path) => `${row.row}: ${path} is not there`),
    ...unproven.map(([file, words]) => `${row.row}: no test "${words}" in ${file}, or it is skipped`),
    ...failed.map(
      ([file, words]) => `${row.row}: test "${words}" in ${file} did not pass when it last ran (build/test)`,
    ),
  ];
}
