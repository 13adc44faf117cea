import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineCommand, runMain } from "citty";
import { generatedPages, type Page } from "./docs/pages";
import { checkOptions } from "./options";
import { packageRoot } from "./push/release";

/** Line number, from 1, of the first line in which two texts differ. */
function firstDifference(one: string, other: string): number {
  const [a, b] = [one.split("\n"), other.split("\n")];
  return a.findIndex((line, index) => line !== b[index]) + 1 || a.length + 1;
}

function write(root: string, { path, content }: Page): void {
  const file = resolve(root, path);
  const same = existsSync(file) && readFileSync(file, "utf8") === content;
  if (!same) writeFileSync(file, content);
  console.log(`${path} ${same ? "unchanged" : "written"}`);
}

/** @returns whether the file is what would be written */
function isCurrent(root: string, { path, content }: Page): boolean {
  const file = resolve(root, path);
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (found === content) console.log(`ok - ${path} is what it is made of`);
  else console.log(`not ok - ${path} differs from line ${firstDifference(found, content)} on: run \`make docs\``);
  return found === content;
}

const options = {
  check: { type: "boolean", description: "Write nothing, fail where a file differs", default: false },
} as const;

const command = defineCommand({
  meta: { name: "docs", description: "Write the tables of docs/ and README.md that are made of code" },
  args: options,
  run({ args, rawArgs }) {
    const root = packageRoot();
    try {
      checkOptions(rawArgs, options);
      const pages = generatedPages(root);
      if (!args.check) {
        for (const page of pages) write(root, page);
        return;
      }
      const passed = pages.filter((page) => isCurrent(root, page)).length;
      console.log(`${passed} passed, ${pages.length - passed} failed`);
      if (passed < pages.length) process.exitCode = 1;
    } catch (error) {
      console.error(`docs: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  },
});

void runMain(command);
