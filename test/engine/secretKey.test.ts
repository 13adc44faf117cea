import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { must, root, run } from "./sandbox";

/** Grafana's key alone, in a stack without hosts: what the engine does with it over rotations, and what it refuses. */
const folder = `${root}/build/engine/secret-key`;

function engine(verb: "up" | "preview" | "destroy", number: number, keep = true) {
  const program = `
    const { grafanaSecretKey } = require(${JSON.stringify(`${root}/dist/stacks/secretKey`)});
    exports.key = grafanaSecretKey(${number}, ${keep});`;
  writeFileSync(`${folder}/index.js`, program);
  const how = { up: ["--yes", "--skip-preview"], preview: [], destroy: keep ? ["--preview-only"] : ["--yes"] }[verb];
  return run(["pulumi", verb, "--non-interactive", ...how], { cwd: folder });
}
const key = () => must(["pulumi", "stack", "output", "--show-secrets", "key"], { cwd: folder }).stdout.trim();
const isRefused = ({ code, stdout, stderr }: ReturnType<typeof run>, words: RegExp) => {
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(words);
};

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/Pulumi.yaml`, "name: key\nruntime: { name: nodejs, options: { typescript: false } }\n");
  writeFileSync(`${folder}/package.json`, '{ "name": "key", "private": true, "main": "index.js" }');
  must(["pulumi", "stack", "select", "--create", "--non-interactive", "dev"], { cwd: folder });
});

afterAll(() => {
  run(["pulumi", "stack", "rm", "--yes", "--force", "dev"], { cwd: folder });
});

test("the next number makes another key, which is protected as the one before was; another number or none is refused", () => {
  const keys: string[] = [];
  for (const number of [1, 2, 3]) {
    expect(engine("up", number)).toMatchObject({ code: 0 });
    expect(keys).not.toContain(key());
    keys.push(key());
    isRefused(engine("destroy", number), /grafana-secret-key.{0,9} cannot be deleted\s+because it is protected/);
  }
  const unasked =
    /grafana-secret-key\S*\s+(?:cannot be deleted\s+because it is protected|as it is currently marked for protection)/;
  isRefused(engine("up", 5), unasked);
  isRefused(engine("preview", 1), unasked);
  expect(engine("up", 3)).toMatchObject({ code: 0 });
  expect(key()).toBe(keys.at(-1));
});

test("a number that is taken back and given again loses no key", () => {
  const before = key();
  engine("up", 2);
  expect(key()).not.toBe(before);
  expect(engine("up", 3)).toMatchObject({ code: 0 });
  expect(key()).toBe(before);
});

test("control: a key that goes with its machine is made anew by any number, and destroyed", () => {
  const before = key();
  expect(engine("up", 5, false)).toMatchObject({ code: 0 });
  expect(key()).not.toBe(before);
  expect(engine("destroy", 5, false)).toMatchObject({ code: 0 });
});
