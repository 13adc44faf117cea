import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { byHand, configOf, endpoint, guests, named, node, publicKey, removed } from "./proxmox";
import { changedConfig, must, root, run, up } from "./sandbox";

/** What somebody made by hand is imported as docs/import.md says, and the components have it from then on. */
const importing = ["--protect=false", "--generate-code=false", "--yes", "--skip-preview", "--non-interactive"];
const unchanged = { create: 0, update: 0, delete: 0, replace: 0 };

describe("a user, its token and their roles", () => {
  const program = `${root}/build/engine/import`;
  const userId = "looked@pve";
  const token = `${userId}!prometheus`;
  let byHandMade = "";

  /** Another number makes another token; the comment is what the component gives. */
  const write = (rotation: number) =>
    writeFileSync(
      `${program}/index.js`,
      `
      const { Provider } = require("@muhlba91/pulumi-proxmoxve");
      const { ProxmoxToken } = require(${JSON.stringify(`${root}/dist/components`)});
      const proxmoxve = new Provider("proxmox", { endpoint: "${endpoint}", username: "root@pam" });
      const args = { userId: "${userId}", api: { endpoint: "${endpoint}" }, rotation: ${rotation} };
      exports.apiToken = new ProxmoxToken("token", args, { providers: { proxmoxve } }).apiToken;
    `,
    );
  const inProgram = ["--cwd", program];
  const value = () =>
    must(["pulumi", "stack", "output", "--stack", "dev", "--show-secrets", "apiToken", ...inProgram]).stdout.trim();
  const accepted = (apiToken: string) => {
    const input = JSON.stringify({ api: { endpoint, insecure: true, apiToken } });
    return run([process.execPath, `${root}/dist/cli/push.js`, "proxmox-token"], { input });
  };

  beforeAll(async () => {
    rmSync(program, { recursive: true, force: true });
    mkdirSync(program, { recursive: true });
    writeFileSync(`${program}/Pulumi.yaml`, "name: adopt\nruntime: { name: nodejs, options: { typescript: false } }\n");
    writeFileSync(`${program}/package.json`, '{ "name": "adopt", "private": true, "main": "index.js" }');
    write(1);
    must(["pulumi", "stack", "select", "--create", "--non-interactive", "dev", ...inProgram]);
    const comment = "Reads metrics for Prometheus";
    await byHand("POST", "/access/users", { userid: userId, comment });
    const { data } = await byHand("POST", `/access/users/${userId}/token/prometheus`, { comment });
    byHandMade = `${token}=${(data as { value: string }).value}`;
    for (const to of [{ users: userId }, { tokens: token }] as Record<string, string>[])
      await byHand("PUT", "/access/acl", { path: "/", roles: "PVEAuditor", ...to });
  });

  afterAll(async () => {
    must(["pulumi", "destroy", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", ...inProgram]);
    must(["pulumi", "stack", "rm", "--yes", "--force", "dev", ...inProgram]);
    const users = (await byHand("GET", "/access/users")).data as { userid: string }[];
    expect(users.map(({ userid }) => userid)).not.toContain(userId);
  });

  test("are in the way of up, which says which; then they are imported, and nothing of them is made or replaced", () => {
    const before = up("dev", undefined, inProgram);
    expect(before.errors).toContain(`user '${userId}' already exists`);
    const nameTable = {
      token: "urn:pulumi:dev::adopt::nixmon:components:ProxmoxToken::token",
      provider: "urn:pulumi:dev::adopt::pulumi:providers:proxmoxve::proxmox",
    };
    const things: [string, string, string][] = [
      ["proxmoxve:index/userLegacy:UserLegacy", "token-user", userId],
      ["proxmoxve:user/token:Token", "token-token", token],
      ["proxmoxve:index/acl:Acl", "token-user-acl", `/?${userId}?PVEAuditor`],
      ["proxmoxve:index/acl:Acl", "token-token-acl", `/?${token}?PVEAuditor`],
    ];
    const at = { parent: "token", provider: "provider" };
    const resources = things.map(([type, name, id]) => ({ type, name, id, ...at }));
    writeFileSync(`${program}/import.json`, JSON.stringify({ nameTable, resources }));
    must(["pulumi", "import", "--stack", "dev", "--file", `${program}/import.json`, ...importing, ...inProgram]);
    const after = up("dev", undefined, inProgram);
    // the token's value alone is missing, and the error says what to do about it
    expect(after.errors).toContain(
      "the monitoring token was imported, and Proxmox shows a token's value only when it makes it",
    );
    expect(after.changes).toMatchObject({ ...unchanged, same: 7 });
    expect(accepted(byHandMade)).toMatchObject({ code: 0 });
  });

  test("another rotation number makes the token anew under its name; the user and its role stay, and the old value is refused", () => {
    write(2);
    const rotated = up("dev", undefined, inProgram);
    expect(rotated.errors).toBe("");
    // the token with its role; created is the trial of it
    expect(rotated.changes).toMatchObject({ create: 1, update: 0, replace: 2, same: 5 });
    expect(value()).toMatch(new RegExp(`^${token}=`));
    expect(accepted(value())).toMatchObject({ code: 0 });
    expect(accepted(byHandMade).stderr).toContain(`the login of token ${token} was refused`);
    expect(up("dev", undefined, inProgram).changes).toMatchObject(unchanged);
  });
});

test("a container that somebody made is imported, and is the stack's: neither made anew nor changed", async () => {
  const stack = "adopt";
  const config = (hosts: Record<string, unknown>) =>
    changedConfig("fleet", (values) => {
      values["nixmon:hosts"] = hosts as (typeof values)["nixmon:hosts"];
    });
  await byHand("POST", `${node}/lxc`, {
    vmid: "347",
    hostname: "box",
    ostemplate: "local:vztmpl/nixos-base.tar.xz",
    ostype: "nixos",
    rootfs: "local-zfs:8",
    mp0: "local-zfs:5,mp=/data0,backup=1",
    net0: "name=eth0,bridge=vmbr0,ip=10.231.77.47/24,gw=10.231.77.1",
    cores: "1",
    memory: "1024",
    features: "nesting=1",
    unprivileged: "1",
    onboot: "1",
    "ssh-public-keys": must(["cat", publicKey]).stdout.trim(),
  });
  await byHand("POST", `${node}/lxc/347/status/start`);
  const made = await configOf("box");
  const hostKey = must(["sandbox/hosts/machine.sh", "host-key", "box"]).stdout.trim();
  const box = { address: "10.231.77.47", ssh: { hostKey } };
  const existing = config({ box: { ...box, machine: { type: "existing" } } });
  must(["pulumi", "stack", "select", "--create", "--non-interactive", stack]);
  try {
    expect(up(stack, existing).errors).toBe("");
    const nameTable = {
      host: `urn:pulumi:${stack}::nixmon::nixmon:components:ExporterHost::box`,
      provider: `urn:pulumi:${stack}::nixmon::pulumi:providers:proxmoxve::proxmox`,
    };
    const type = "proxmoxve:index/containerLegacy:ContainerLegacy";
    const at = { parent: "host", provider: "provider" };
    const resources = [{ type, name: "box-machine", id: "pve1/347", ...at }];
    const file = `${root}/build/engine/import-box.json`;
    writeFileSync(file, JSON.stringify({ nameTable, resources }));
    must(["pulumi", "import", "--stack", stack, "--config-file", existing, "--file", file, ...importing]);
    const described = config({
      box: {
        ...box,
        machine: {
          type: "lxc",
          template: "local:vztmpl/nixos-base.tar.xz",
          datastore: "local-zfs",
          cores: 1,
          memory: "1GiB",
          disk: "8GiB",
          dataDisks: [{ size: "5GiB", path: "/data0" }],
          gateway: "10.231.77.1",
          vmId: 347,
          protect: false,
        },
      },
    });
    const taken = up(stack, described);
    expect(taken.errors).toBe("");
    expect(taken.changes).toMatchObject({ delete: 0, replace: 0 });
    expect(up(stack, described).changes).toMatchObject(unchanged);
    const { net0, rootfs, mp0 } = await configOf("box");
    expect({ net0, rootfs, mp0 }).toEqual({ net0: made.net0, rootfs: made.rootfs, mp0: made.mp0 });
    expect((await guests()).filter(({ vmid }) => vmid === 347)).toHaveLength(1);
    expect(named(stack, "box-machine")?.id).toBe("347");
  } finally {
    run(["pulumi", "destroy", "--refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"]);
    must(["pulumi", "stack", "rm", "--yes", "--force", stack]);
    await removed("box");
  }
});
