import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectorQuestions } from "../../../cli/doctor/collectorQuestions";
import { stack } from "./situation";

/** What the question for Prometheus' targets prints where its first answers name none, and how often it asked. */
function askedOf(emptyAnswers: number): { out: string; asked: number } {
  const data = stack.hosts.nixmon?.data;
  if (data?.collector == null) throw new Error("the fixture has no primary");
  const folder = mkdtempSync(join(tmpdir(), "questions-"));
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  program(
    "curl",
    `echo >>${folder}/asked
[ "$(wc -l <${folder}/asked)" -le ${emptyAnswers} ] && echo '{"data":{"activeTargets":[]}}' && exit
echo '{"data":{"activeTargets":[{"health":"up"}]}}'`,
  );
  program("sleep", "exit 0");
  try {
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const { targets } = collectorQuestions(data, data.collector, stack);
    const out = execFileSync("sh", ["-c", targets], { encoding: "utf8", env });
    return { out, asked: readFileSync(join(folder, "asked"), "utf8").length };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("Prometheus' targets", () => {
  test("are asked for until there are some: one that has just started has not read their files yet", () => {
    expect(askedOf(3)).toEqual({ out: expect.stringContaining('"health":"up"'), asked: 4 });
  });

  test("are asked for once where there are some", () => {
    expect(askedOf(0)).toEqual({ out: expect.stringContaining('"health":"up"'), asked: 1 });
  });

  test("are none where there are none for ten seconds", () => {
    expect(askedOf(1000)).toEqual({ out: expect.stringContaining('"activeTargets":[]'), asked: 10 });
  });
});
