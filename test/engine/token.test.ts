import { spawnSync } from "node:child_process";
import { byHand, certificate, documentedLogin, endpoint, loginRemoved, password, stateOf } from "./proxmox";
import { changedConfig, eventually, must, onHost, root, run, samples, up } from "./sandbox";

/** The monitoring token: its rights, and what happens when there is another one. */

interface Asked {
  code: number | null;
  said: string;
}

/** Runs one verb of push.js as the components do: everything by stdin. */
function ask(
  verb: string,
  api: Record<string, unknown>,
  environment: Record<string, string> = {},
  makes?: string[],
): Asked {
  const ended = spawnSync(process.execPath, [`${root}/dist/cli/push.js`, verb], {
    encoding: "utf8",
    input: JSON.stringify({ api: { endpoint, ...api }, makes }),
    env: { ...process.env, ...environment },
  });
  return { code: ended.status, said: ended.stdout + ended.stderr };
}

/** The monitoring token's UUID as the exporter has it. */
function exporterToken(): string {
  return onHost("nixmon", "cat $(grep -rlE '^[0-9a-f]{8}-' /var/lib/nixmon/secrets)").trim();
}

const tried = (uuid: string) => ask("proxmox-token", { apiToken: `monitoring@pve!prometheus=${uuid}`, insecure: true });

const user = "/access/users/looker@pve";
const asRoot = { username: "root@pam" };

describe("a token that is tried out", () => {
  const apiToken = async (name: string, params: Record<string, string> = {}): Promise<string> => {
    const { data } = await byHand("POST", `${user}/token/${name}`, params);
    return `looker@pve!${name}=${(data as { value: string }).value}`;
  };
  const grant = (to: Record<string, string>, roles: string) =>
    byHand("PUT", "/access/acl", { path: "/", roles, ...to });

  beforeAll(() => byHand("POST", "/access/users", { userid: "looker@pve" }));
  afterAll(() => byHand("DELETE", user));

  test("is refused without rights, though every read answers 200; control: with the role on user and token it is taken", async () => {
    const token = await apiToken("one");
    const blind = ask("proxmox-token", { apiToken: token, insecure: true });
    expect(blind.code).not.toBe(0);
    expect(blind.said).toContain("looker@pve!one: the token is valid but may see nothing");
    expect(blind.said).not.toContain(token.split("=")[1]);
    await grant({ users: "looker@pve" }, "PVEAuditor");
    expect(ask("proxmox-token", { apiToken: token, insecure: true }).code).not.toBe(0);
    await grant({ tokens: "looker@pve!one" }, "PVEAuditor");
    expect(ask("proxmox-token", { apiToken: token, insecure: true })).toEqual({ code: 0, said: "" });
  });

  test("is refused as login of a stack that makes machines, by what it lacks; control: root may make everything", async () => {
    const token = await apiToken("deploy");
    const asked = ask("proxmox-login", { apiToken: token, insecure: true }, {}, ["clone", "token"]);
    expect(asked.code).toBe(1);
    expect(asked.said).toContain("the login of token looker@pve!deploy may not do all that this stack makes");
    expect(asked.said).toContain(
      "  to clone templates: VM.Clone on /vms\n  to make the monitoring user and its token: ",
    );
    expect(asked.said).not.toContain(token.split("=")[1]);
    const everything = ["agent", "clone", "image", "lxc", "startOrder", "token", "vm"];
    const PROXMOX_VE_PASSWORD = password();
    expect(ask("proxmox-login", { ...asRoot, insecure: true }, { PROXMOX_VE_PASSWORD }, everything)).toEqual({
      code: 0,
      said: "8.4\n",
    });
  });

  test("is refused when it may change something", async () => {
    await grant({ users: "looker@pve" }, "PVEPoolAdmin");
    const token = await apiToken("two", { privsep: "0" });
    expect(ask("proxmox-token", { apiToken: token, insecure: true }).said).toContain(
      "may do more than look: Pool.Allocate",
    );
  });
});

describe("the login before the provider's", () => {
  const PROXMOX_VE_PASSWORD = password();

  test("control: the right one is accepted", () => {
    expect(ask("proxmox-login", { ...asRoot, insecure: true }, { PROXMOX_VE_PASSWORD })).toEqual({
      code: 0,
      said: "8.4\n",
    });
  });

  test.each<[string, Record<string, unknown>, Record<string, string>, string]>([
    [
      "a wrong password",
      { insecure: true },
      { PROXMOX_VE_PASSWORD: "wrong" },
      "the login of user root@pam was refused (401 authentication failure)",
    ],
    [
      "a wrong token",
      { insecure: true, apiToken: "root@pam!x=1" },
      {},
      "the login of token root@pam!x was refused (401",
    ],
    [
      "no login",
      { insecure: true },
      { PROXMOX_VE_PASSWORD: "" },
      "got no login, want `pulumi config set --secret nixmon:proxmoxApiToken",
    ],
    [
      "a port where nothing listens",
      { endpoint: "https://10.231.77.1:9" },
      { PROXMOX_VE_PASSWORD },
      "not reachable: connection refused",
    ],
    ["a certificate nobody trusts", {}, { PROXMOX_VE_PASSWORD }, "the certificate is not trusted"],
    [
      "an authority that the provider does not know",
      { ca: certificate },
      { PROXMOX_VE_PASSWORD },
      "the Proxmox provider does not know that authority",
    ],
    [
      "a file that holds no certificate",
      { ca: "/etc/hostname" },
      { PROXMOX_VE_PASSWORD },
      "a file without a certificate",
    ],
  ])("tells %s plainly, without a secret", (_, api, environment, words) => {
    const { code, said } = ask("proxmox-login", { ...asRoot, ...api }, environment);
    expect(code).toBe(1);
    expect(said).toContain(words);
    expect(said).not.toContain(PROXMOX_VE_PASSWORD);
  });

  test("a wrong login is one error in the engine, and nothing is made at Proxmox", () => {
    const config = changedConfig("fleet", (values) => {
      const machine = { type: "vm", template: 9000, gateway: "10.231.77.1" };
      values["nixmon:hosts"] = {
        web: { address: "10.231.77.61", machine },
        other: { address: "10.231.77.62", machine },
      };
    });
    run(["pulumi", "stack", "select", "--create", "--non-interactive", "login"]);
    const always = ["--yes", "--skip-preview", "--non-interactive", "--continue-on-error", "--config-file", config];
    const ended = run(["env", "PROXMOX_VE_PASSWORD=wrong", "pulumi", "up", "--stack", "login", ...always]);
    expect(ended.code).not.toBe(0);
    const diagnostics = ended.stdout.slice(ended.stdout.indexOf("Diagnostics:"));
    expect(diagnostics.match(/the login of user root@pam was refused/g)).toHaveLength(1);
    expect(diagnostics).not.toContain("unknown provider");
    expect(diagnostics.match(/error: exit status/g)).toHaveLength(1);
    expect(stateOf("login").filter(({ type }) => type.startsWith("proxmoxve:"))).toEqual([]);
    run(["pulumi", "stack", "rm", "--yes", "--force", "login"]);
  });
});

test("a rotated token reaches the exporter in the same run, and the old one is refused", async () => {
  const old = exporterToken();
  const config = changedConfig("sandbox", (values) => {
    values["nixmon:rotation"] = { proxmoxToken: 2 };
  });
  const rotated = up("sandbox", config);
  expect(rotated.errors).toBe("");
  expect(exporterToken()).not.toBe(old);
  expect(tried(exporterToken())).toEqual({ code: 0, said: "" });
  expect(tried(old).said).toContain("the login of token monitoring@pve!prometheus was refused");
  await eventually(
    60,
    () => samples("pve_up == 1").length,
    (found) => found >= 1,
  );
  expect(up("sandbox").code).toBe(0);
});

test("a role, a token and a user that somebody removed are forgotten, named, and made anew; the exporter has the new token", async () => {
  const heal = () => must([process.execPath, "dist/cli/heal.js", "--stack", "sandbox"]).stderr;
  const said = (...things: string[]) =>
    things.map((thing) => `sandbox: ${thing} is gone at Proxmox: forgotten here too\n`).join("");
  const token = "token monitoring@pve!prometheus";
  const role = (subject: string) => `role PVEAuditor of ${subject} on /`;
  const onRoot = { path: "/", roles: "PVEAuditor", users: "monitoring@pve", delete: "1" };
  const before = exporterToken();
  const lines = (text: string) => text.split("\n").sort();

  await byHand("PUT", "/access/acl", onRoot);
  expect(heal()).toBe(said(role("monitoring@pve")));
  await byHand("DELETE", "/access/users/monitoring@pve/token/prometheus");
  expect(lines(heal())).toEqual(lines(said(token, role("monitoring@pve!prometheus"))));
  // with the login that the docs recommend, whose rights must do for it
  const apiToken = await documentedLogin();
  const asDocumented = changedConfig("sandbox", (config) => {
    config["nixmon:proxmoxApiToken"] = apiToken;
  });
  expect(up("sandbox", asDocumented).errors).toBe("");
  const second = exporterToken();
  expect(second).not.toBe(before);
  expect(tried(second)).toEqual({ code: 0, said: "" });

  await byHand("DELETE", "/access/users/monitoring@pve");
  const roles = [role("monitoring@pve"), role("monitoring@pve!prometheus")];
  expect(lines(heal())).toEqual(lines(said("user monitoring@pve", token, ...roles)));
  expect(heal()).toBe("");
  expect(up("sandbox").errors).toBe("");
  await loginRemoved();
  expect(exporterToken()).not.toBe(second);
  expect(tried(exporterToken())).toEqual({ code: 0, said: "" });
  // the provider once read a user's roles as its own and revoked them in the next run
  expect(up("sandbox", undefined, ["--refresh"]).changes).toMatchObject({
    create: 0,
    update: 0,
    delete: 0,
    replace: 0,
  });
});
