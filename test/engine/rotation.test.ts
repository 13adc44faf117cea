import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { changedConfig, connections, must, root, run } from "./sandbox";

const hosts = ["nixmon", "nixio", "nixcloud", "nixdev"];
const addresses = ["10.231.77.11", "10.231.77.12", "10.231.77.13", "10.231.77.21"];
const sandbox = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";
const key = resolve(root, "build/engine/other-key");
const authorized = "/root/.ssh/authorized_keys";

function letIn(publicKey: string): void {
  for (const host of hosts) {
    const words = ["sandbox/hosts/machine.sh", "exec", host, "sh", "-c", `cat >${authorized}`];
    must(words, { input: publicKey });
  }
}

function login(identity: string, address: string): number | null {
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"];
  return run(["ssh", "-i", identity, ...options.flatMap((option) => ["-o", option]), `root@${address}`, "true"]).code;
}

describe("another SSH key of the deployer", () => {
  const old = readFileSync(`${sandbox}/ssh/id_ed25519.pub`, "utf8");

  beforeAll(() => {
    mkdirSync(dirname(key), { recursive: true });
    for (const file of [key, `${key}.pub`]) rmSync(file, { force: true });
    must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
    letIn(readFileSync(`${key}.pub`, "utf8"));
  });

  afterAll(() => letIn(old));

  test("is the only one that hosts let in", () => {
    expect(addresses.map((address) => login(key, address))).toEqual([0, 0, 0, 0]);
    expect(addresses.map((address) => login(`${sandbox}/ssh/id_ed25519`, address))).toEqual([255, 255, 255, 255]);
  });

  test.each(["fleet", "sandbox"])("changes nothing in stack %s and opens no connection", (stack) => {
    const config = changedConfig(stack, (values) => {
      Object.assign(values["nixmon:ssh"] as object, { publicKeyFiles: [`${key}.pub`] });
    });
    const before = hosts.map(connections);
    const words = ["--stack", stack, "--config-file", config, "--yes", "--skip-preview", "--non-interactive", "--json"];
    const ended = run(["env", `NIXMON_SSH_KEY=${key}`, "pulumi", "up", ...words]);
    expect(ended.code).toBe(0);
    const [changes = "{}"] = ended.stdout.match(/"resourceChanges":\{[^}]*\}/) ?? [];
    expect(JSON.parse(`{${changes}}`)).toEqual({ resourceChanges: { same: expect.any(Number) } });
    expect(hosts.map(connections)).toEqual(before);
  });
});

interface Reads {
  rotations: number;
  reads: number;
  stolen: number;
  whole: number;
  partial: number;
}

function readsDuring(rotations: number, reads: number, ...more: string[]): Reads {
  const words = [
    "sandbox/hosts/machine.sh",
    "exec",
    "nixdev",
    "python3",
    "-",
    String(rotations),
    String(reads),
    ...more,
  ];
  return JSON.parse(must(words, { input: readFileSync(resolve(root, "test/secrets/reads.py"), "utf8") }).stdout);
}

const [rotations, reads] = process.env.NIXMON_SECRETS_FULL ? [100, 10_000] : [10, 1000];

test(`during ${rotations} rotations another user reads nothing in ${reads} tries, and nobody a part of a value`, () => {
  const seen = readsDuring(rotations, reads);
  expect(seen).toMatchObject({ rotations, stolen: 0, partial: 0 });
  expect(seen.reads).toBeGreaterThanOrEqual(reads);
  expect(seen.whole).toBeGreaterThan(rotations);
});

test("control: where the file is open to all, the same thief reads it", () => {
  expect(readsDuring(3, 200, "open").stolen).toBeGreaterThan(0);
});
