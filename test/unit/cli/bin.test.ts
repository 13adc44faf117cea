import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(__dirname, "../../..");
const { bin } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { bin: Record<string, string> };

test.each(Object.entries(bin))("%s of an installed package is run by Node, not by a shell", (_, file) => {
  const source = file.replace("./dist/", "").replace(/\.js$/, ".ts");
  expect(readFileSync(resolve(root, source), "utf8").split("\n")[0]).toBe("#!/usr/bin/env node");
});
