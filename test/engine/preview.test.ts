import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dump, load } from "js-yaml";
import { must, root, run } from "./sandbox";

/** `make preview` as CI runs it: no network, no engine, no secret; and with a state within reach. */
const folder = `${root}/build/engine/preview`;
const preview = (words: string[], cwd = root) => run(["node", `${root}/dist/cli/preview.js`, ...words], { cwd });
/** In an empty network and environment: whatever it needs has to be in the checkout. */
const alone = (words: string[], cwd = root) =>
  run(["unshare", "--net", "env", "-i", `PATH=${process.env.PATH}`, "node", `${root}/dist/cli/preview.js`, ...words], {
    cwd,
  });

type Config = { config: Record<string, unknown> & { "nixmon:hosts": Record<string, Record<string, unknown>> } };
const stackOf = (cwd: string, change: (config: Config["config"]) => void) => {
  const file = `${cwd}/Pulumi.home.yaml`;
  const document = load(readFileSync(existsSync(file) ? file : `${root}/Pulumi.nixmon.yaml`, "utf8")) as Config;
  change(document.config);
  writeFileSync(file, dump(document));
};

interface Report {
  against: string;
  hosts: { host: string; state: string; changes: { kind: string; name: string; before?: string; after?: string }[] }[];
  violations: { policy: string }[];
  error?: string;
}
const report = (stdout: string): Report => JSON.parse(stdout) as Report;
const changed = (stdout: string) => report(stdout).hosts.filter(({ state }) => state !== "same");

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

test("without network, engine and secrets it shows the whole plan, and an invalid one with exit code 1", () => {
  stackOf(folder, () => undefined);
  const ended = alone(["home", "--base=none"], folder);
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  expect(ended.stdout).toContain("### nixmon preview: stack `home`");
  expect(ended.stdout).toContain("| `nixmon` | new |");
  stackOf(folder, (config) => {
    config["nixmon:lan"] = ["10.0.0.0/99"];
    config["nixmon:domian"] = "x";
  });
  const wrong = alone(["home", "--base=none"], folder);
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toContain("### nixmon preview: stack `home`");
  expect(wrong.stdout).toContain("nixmon:domian: got an unknown key");
  expect(wrong.stdout).toContain('"10.0.0.0/99"');
  expect(report(alone(["home", "--base=none", "--json"], folder).stdout).error).toContain("2 mistakes");
});

test("make preview of the sandbox finds the sandbox's state", () => {
  const ended = run([
    "env",
    "-u",
    "PULUMI_BACKEND_URL",
    "-u",
    "PULUMI_CONFIG_PASSPHRASE",
    "make",
    "--silent",
    "preview",
  ]);
  expect(ended.code).toBe(0);
  expect(ended.stdout).toContain("Compared with what was last deployed");
});

test("a danger is refused with exit code 1, unless the policies are left out", () => {
  stackOf(folder, (config) => {
    config["nixmon:lan"] = ["0.0.0.0/0"];
    delete config["nixmon:domian"];
  });
  const ended = alone(["home", "--base=none", "--json"], folder);
  expect(ended.code).toBe(1);
  expect(new Set(report(ended.stdout).violations.map(({ policy }) => policy))).toEqual(new Set(["closed-exporters"]));
  expect(alone(["home", "--base=none", "--json", "--no-policies"], folder).code).toBe(0);
});

test("compared with a state that is out of reach it says so; asked for that state it fails", () => {
  stackOf(folder, (config) => {
    config["nixmon:lan"] = ["10.0.0.0/16"];
  });
  const ended = alone(["home"], folder);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toMatch(/state of stack home is out of reach.*BASE=<branch>/);
  expect(alone(["home", "--base=state"], folder).code).toBe(1);
});

describe("compared with the sandbox's state", () => {
  // the project's own files are enough, so the checkout's stay as they are
  const project = `${folder}/project`;
  const committed = readFileSync(`${root}/Pulumi.sandbox.yaml`, "utf8");
  beforeAll(() => {
    mkdirSync(`${project}/policy`, { recursive: true });
    for (const file of ["Pulumi.yaml", "policy/sandbox.json"]) copyFileSync(`${root}/${file}`, `${project}/${file}`);
    writeFileSync(`${project}/Pulumi.sandbox.yaml`, committed);
  });

  test("nothing changes right after a deployment", () => {
    const ended = preview(["sandbox", "--base=state", "--json"], project);
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(0);
    expect(report(ended.stdout).against).toContain("last deployed");
    expect(report(ended.stdout).hosts.map(({ host, state }) => `${host} ${state}`)).toEqual([
      "nixcloud same",
      "nixio same",
      "nixmon same",
    ]);
  });

  test("a change in the configuration is shown with what is deployed now, machines included", () => {
    const more = committed.replace("cores: 1, memory: 1GiB", "cores: 2, memory: 1GiB");
    expect(more).not.toBe(committed);
    writeFileSync(`${project}/Pulumi.sandbox.yaml`, more);
    expect(changed(preview(["sandbox", "--base=state", "--json"], project).stdout)).toEqual([
      {
        host: "nixcloud",
        state: "changed",
        changes: [{ kind: "machine", name: "cores", before: "1", after: "2" }],
      },
    ]);
  });
});

const isCheckout = run(["git", "rev-parse", "HEAD"]).code === 0;
const inCheckout = isCheckout ? describe : describe.skip;
if (!isCheckout) console.warn("preview against a branch: skipped, since this is no git checkout");

inCheckout("compared with a branch", () => {
  const clone = `${folder}/clone`;
  const prometheus = `${clone}/plan/prometheus.ts`;
  const now = readFileSync(`${root}/plan/prometheus.ts`, "utf8");
  const git = (...words: string[]) =>
    must(["git", "-c", "user.name=test", "-c", "user.email=test@example.net", ...words], { cwd: clone });

  beforeAll(() => {
    must(["git", "clone", "--quiet", "--no-hardlinks", root, clone]);
    // what is not committed yet is under test, too
    must(["bash", "-c", 'git ls-files -co --exclude-standard | tar -c -T - | tar -x -C "$0"', clone]);
    symlinkSync(`${root}/node_modules`, `${clone}/node_modules`);
    writeFileSync(`${clone}/.git/info/exclude`, "node_modules\n");
    stackOf(clone, () => undefined);
    writeFileSync(prometheus, now.replace('scrape_interval: "15s"', 'scrape_interval: "17s"'));
    const commit = (message: string, ...branches: string[]) => {
      git("add", "-A");
      git("commit", "--quiet", "-m", message);
      for (const branch of branches) git("branch", branch);
    };
    commit("another program", "slower");
    const mistake = (config: Record<string, unknown>) => {
      config["nixmon:monitoring"] = { ...(config["nixmon:monitoring"] as object), retention: { metrics: "soon" } };
    };
    stackOf(clone, mistake);
    commit("a mistake, and another program", "mistaken-slower");
    writeFileSync(prometheus, now);
    commit("a mistake", "mistaken");
    rmSync(`${clone}/Pulumi.home.yaml`);
    stackOf(clone, () => undefined);
    commit("base", "base");
    stackOf(clone, (config) => {
      config["nixmon:monitoring"] = { ...(config["nixmon:monitoring"] as object), retention: { metrics: "30d" } };
    });
    git("commit", "--quiet", "-am", "shorter");
  });

  test("only this branch's change is shown, also after the other one moved on", () => {
    const ended = alone(["home", "--base=base", "--json"], clone);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const shown = changed(ended.stdout);
    expect(shown.map(({ host }) => host)).toContain("nixmon");
    expect(shown.flatMap(({ changes }) => changes.map(({ name }) => name))).toContain("monitoring.retention.metrics");
    expect(git("worktree", "list").stdout.trim().split("\n")).toHaveLength(1);
  });

  test("a change of the program is shown as what comes of it", () => {
    expect(now).toContain('scrape_interval: "15s"');
    const ended = preview(["home", "--base=slower", "--json"], clone);
    expect(ended.stderr).toContain("building that one, too");
    const primary = changed(ended.stdout).find(({ host }) => host === "nixmon");
    expect(primary?.changes).toContainEqual({
      kind: "setting",
      name: "prometheus.global.scrape_interval",
      before: "17s",
      after: "15s",
    });
  });

  test.each(["mistaken", "mistaken-slower"])("a change that mends what is wrong with %s is shown, as new", (branch) => {
    const ended = preview(["home", `--base=${branch}`, "--json"], clone);
    expect(ended.code).toBe(0);
    const { against, hosts } = report(ended.stdout);
    expect(against).toMatch(/^mistaken.*whose configuration is invalid: everything is shown as new$/);
    expect([...new Set(hosts.map(({ state }) => state))]).toEqual(["new"]);
  });

  test("a branch that is not there is an error that says what to do", () => {
    const ended = alone(["home", "--base=nope"], clone);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("BASE=nope: no such commit here; in CI fetch the whole history");
  });
});
