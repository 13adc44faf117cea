import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { load } from "js-yaml";

interface Step {
  uses?: string;
  run?: string;
}
interface Job {
  permissions?: Record<string, string>;
  if?: string;
  steps: Step[];
}
const text = readFileSync(resolve(__dirname, "../../../.github/workflows/preview.yml"), "utf8");
const workflow = load(text) as { on: Record<string, unknown>; permissions: object; jobs: Record<string, Job> };

test("the preview of pull requests never runs with the rights of the target, and knows no secret", () => {
  expect(Object.keys(workflow.on)).toEqual(["pull_request"]);
  expect(workflow.permissions).toEqual({});
  expect(text.replace(/^\s*#.*$/gm, "")).not.toMatch(/pull_request_target|secrets\.|secrets:/);
});

test("only the job that runs no code of the pull request may write, and not for a fork", () => {
  const { preview, comment } = workflow.jobs;
  expect(preview?.permissions).toEqual({ contents: "read" });
  expect(comment?.permissions).toEqual({ "pull-requests": "write" });
  expect(comment?.steps.every(({ uses }) => uses === undefined)).toBe(true);
  expect(comment?.if).toContain("head.repo.full_name == github.repository");
});

test("it runs the command that people run, and gives no value of the event to a shell", () => {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  expect(steps.some(({ run }) => run?.includes("make --silent preview STACK="))).toBe(true);
  for (const { run } of steps) expect(run ?? "").not.toContain("${{");
});

test("each action is pinned by its commit, with the version beside it", () => {
  const used = text.match(/uses: .*/g) ?? [];
  expect(used.length).toBeGreaterThan(0);
  for (const line of used) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test("what a comment can not hold is cut by the command, which closes what is open, and not by the shell", () => {
  const script = workflow.jobs.preview?.steps.map(({ run }) => run ?? "").join("\n");
  expect(script).toContain("MOST=$((left / more))");
  expect(script).not.toMatch(/\b(head|cut|tail)\b/);
});
