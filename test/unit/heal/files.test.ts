import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isWithoutProxmox, stateFiles } from "../../../cli/heal/files";

const folder = mkdtempSync(join(tmpdir(), "nixmon-heal-"));
const { PATH, HOME } = process.env;
afterEach(() => Object.assign(process.env, { PATH, HOME }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Stands for the engine, which tells where its state is. */
function backend(url: string): void {
  writeFileSync(
    join(folder, "pulumi"),
    `#!/bin/sh\n[ "$*" = "whoami --json" ] && echo '{"user":"u","url":"${url}"}'\n`,
  );
  chmodSync(join(folder, "pulumi"), 0o755);
  process.env.PATH = `${folder}:${PATH}`;
}

test.each([
  ["file:///srv/state", "/srv/state"],
  ["file://~", "/home/ann"],
  ["file://~/pulumi%20state", "/home/ann/pulumi%20state"],
])("state at %s is found, and its locks", (url, at) => {
  process.env.HOME = "/home/ann";
  backend(url);
  expect(stateFiles("home")).toEqual({
    locks: `${at}/.pulumi/locks/organization/nixmon/home`,
    state: `${at}/.pulumi/stacks/nixmon/home.json`,
  });
});

test("another backend has no files here", () => {
  backend("https://app.pulumi.com/ann");
  expect(stateFiles("home")).toBeUndefined();
});

test("nor has an engine that nobody is logged in to: it says so itself when it runs", () => {
  writeFileSync(join(folder, "pulumi"), "#!/bin/sh\necho 'error: PULUMI_ACCESS_TOKEN must be set' >&2; exit 3\n");
  process.env.PATH = `${folder}:${PATH}`;
  expect(stateFiles("home")).toBeUndefined();
});

test("a stack without a login to Proxmox in its state is without Proxmox; one with a login, or without a state, may be with it", () => {
  const state = (text: string) => {
    const file = join(folder, "home.json");
    writeFileSync(file, text);
    return file;
  };
  const login = "urn:pulumi:home::nixmon::command:local:Command::proxmox-login";
  expect(isWithoutProxmox(state(`{"resources":[{"urn":"urn:pulumi:home::nixmon::x::y"}]}`))).toBe(true);
  expect(isWithoutProxmox(state(`{"resources":[{"urn":"${login}"}]}`))).toBe(false);
  expect(isWithoutProxmox(join(folder, "nowhere.json"))).toBe(false);
});
