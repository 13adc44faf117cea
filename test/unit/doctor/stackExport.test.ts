import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportStack, stackOutputs } from "../../../cli/doctor/stackExport";

const folder = mkdtempSync(join(tmpdir(), "nixmon-engine-"));
const { PATH } = process.env;
afterEach(() => Object.assign(process.env, { PATH }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Stands for the engine. */
function engine(script: string): void {
  writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "pulumi"), 0o755);
  process.env.PATH = `${folder}:${PATH}`;
}

test("a stack's state and its outputs are what the engine prints of it", () => {
  engine('echo "$*"');
  expect(exportStack("home", true)).toBe("stack export --stack home --show-secrets\n");
  expect(stackOutputs("home")).toBe("stack output --stack home --json\n");
});

describe("where the engine fails, the error is one line with what to type", () => {
  test.each<[string, string, string]>([
    [
      "no such stack",
      "error: no stack named 'home' found",
      "stack home: its state cannot be read: no stack named 'home' found; `pulumi stack ls` lists those that are there, `pulumi stack init home` makes it",
    ],
    [
      "no login, in a script",
      "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
      "stack home: its state cannot be read: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions; say where the state is kept: `pulumi login`, or `pulumi login --local` for this machine",
    ],
    ["anything else", "error: disk on fire", "stack home: its state cannot be read: disk on fire"],
  ])("%s", (_, said, message) => {
    engine(`echo "${said}" >&2; exit 3`);
    expect(() => exportStack("home")).toThrow(new Error(message));
    expect(() => stackOutputs("home")).toThrow(new Error(message));
  });

  test("no engine", () => {
    process.env.PATH = "/nowhere";
    expect(() => stackOutputs("home")).toThrow("`pulumi` is not on the PATH: `make tools` finds or builds it");
  });
});
