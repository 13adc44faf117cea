import * as pulumi from "@pulumi/pulumi";
import { readInput } from "../../../cli/kanidm/input";
import { GrafanaOAuthClient } from "../../../components/grafanaOAuthClient";
import { known, ProxmoxToken } from "../../../components/proxmoxToken";
import { mockEngine, type Registered, settled } from "./mocks";

describe("ProxmoxToken", () => {
  let registered: Registered[];
  let token: ProxmoxToken;

  beforeAll(async () => {
    registered = await mockEngine({
      "proxmoxve:index/userLegacy:UserLegacy": () => ({}),
      "proxmoxve:user/token:Token": () => ({ value: "monitoring@pve!prometheus=uuid-1" }),
      "proxmoxve:index/acl:Acl": () => ({}),
    });
    token = new ProxmoxToken("pve");
    await settled(token.tokenUuid);
  });

  test("makes a user, a token with privilege separation, and the auditor role for both", () => {
    expect(registered.map(({ type, name }) => `${name} ${type}`).sort()).toEqual([
      "pve nixmon:components:ProxmoxToken",
      "pve-token proxmoxve:user/token:Token",
      "pve-token-acl proxmoxve:index/acl:Acl",
      "pve-user proxmoxve:index/userLegacy:UserLegacy",
      "pve-user-acl proxmoxve:index/acl:Acl",
    ]);
    const inputs = Object.fromEntries(registered.map((one) => [one.name, one.inputs]));
    expect(inputs["pve-token"]).toMatchObject({
      userId: "monitoring@pve",
      tokenName: "prometheus",
      privilegesSeparation: true,
    });
    // control for the one with an end
    expect(inputs["pve-token"]).not.toHaveProperty("expirationDate");
    expect(inputs["pve-user-acl"]).toEqual({
      path: "/",
      roleId: "PVEAuditor",
      propagate: true,
      userId: "monitoring@pve",
    });
    expect(inputs["pve-token-acl"]).toEqual({
      path: "/",
      roleId: "PVEAuditor",
      propagate: true,
      // the mocked token's id: a new token takes its entry along
      tokenId: "pve-token",
    });
  });

  test("gives the exporter the UUID alone and a provider the whole token, both secret", async () => {
    expect(await settled(token.tokenUuid)).toBe("uuid-1");
    expect(await settled(token.apiToken)).toBe("monitoring@pve!prometheus=uuid-1");
    expect(await pulumi.isSecret(token.tokenUuid)).toBe(true);
    expect(await pulumi.isSecret(token.apiToken)).toBe(true);
  });
});

test("a ProxmoxToken with another user, another name and an end has all three at Proxmox", async () => {
  const registered = await mockEngine({
    "proxmoxve:index/userLegacy:UserLegacy": () => ({}),
    "proxmoxve:user/token:Token": () => ({ value: "monitoring@ldap!nixmon=uuid-1" }),
    "proxmoxve:index/acl:Acl": () => ({}),
  });
  const expirationDate = "2027-01-01T00:00:00Z";
  const token = new ProxmoxToken("pve", { userId: "monitoring@ldap", tokenName: "nixmon", expirationDate });
  expect(await settled(token.tokenUuid)).toBe("uuid-1");
  const inputs = registered.find(({ name }) => name === "pve-token")?.inputs;
  expect(inputs).toMatchObject({ userId: "monitoring@ldap", tokenName: "nixmon", expirationDate });
});

test("the value of a token that was imported is told to be unknown; control: one that was made has its own", () => {
  expect(() => known(undefined)).toThrow("the monitoring token was imported, and Proxmox shows");
  expect(() => known("")).toThrow("the monitoring token was imported");
  expect(known("monitoring@pve!prometheus=uuid-1")).toBe("monitoring@pve!prometheus=uuid-1");
});

describe("ProxmoxToken with an API to try it out", () => {
  test("gives the token to nobody before it was tried, and sends it by stdin alone", async () => {
    let tried = false;
    const registered = await mockEngine({
      "proxmoxve:index/userLegacy:UserLegacy": () => ({}),
      "proxmoxve:user/token:Token": () => ({ value: "monitoring@pve!prometheus=uuid-1" }),
      "proxmoxve:index/acl:Acl": () => ({}),
      "command:local:Command": () => {
        tried = true;
        return { stdout: "" };
      },
    });
    const token = new ProxmoxToken("pve", { api: { endpoint: "https://pve.example.net:8006" } });
    expect(await settled(token.tokenUuid)).toBe("uuid-1");
    expect(tried).toBe(true);
    const inputs = registered.find(({ name }) => name === "pve-rights")?.inputs ?? {};
    expect(inputs).toMatchObject({ create: "node cli/push.js proxmox-token", addPreviousOutputInEnv: false });
    expect(inputs).not.toHaveProperty("environment");
    expect(JSON.stringify(inputs.stdin)).toContain("uuid-1");
  });
});

describe("GrafanaOAuthClient", () => {
  test("makes one secret of 48 letters and digits that a rotation number replaces", async () => {
    const registered = await mockEngine({ "random:index/randomPassword:RandomPassword": () => ({ result: "s3cret" }) });
    const client = new GrafanaOAuthClient("oauth", { domain: "example.net", rotation: 3 });
    expect(await settled(client.clientSecret)).toBe("s3cret");
    expect(registered.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["oauth", {}],
      ["oauth-secret", expect.objectContaining({ length: 48, special: false, keepers: { rotation: "3" } })],
    ]);
    expect(await settled(client.redirectUrl)).toBe("https://grafana.example.net/login/generic_oauth");
    expect(await pulumi.isSecret(client.clientSecret)).toBe(true);
  });

  test("at somebody else's Kanidm is made by a command that is told everything on stdin, and reads its secret", async () => {
    const registered = await mockEngine({ "command:local:Command": () => ({ stdout: "kanidm-s3cret" }) });
    const external = { url: "https://idm.test/", token: pulumi.secret("t0ken") };
    const client = new GrafanaOAuthClient("oauth", { domain: "example.net", external });
    expect(await settled(client.clientSecret)).toBe("kanidm-s3cret");
    expect(await pulumi.isSecret(client.clientSecret)).toBe(true);
    expect(registered.map(({ type }) => type)).toEqual([
      "nixmon:components:GrafanaOAuthClient",
      "command:local:Command",
    ]);
    const { stdin, ...inputs } = registered[1]?.inputs ?? {};
    expect(inputs).toEqual({
      create: expect.stringMatching(/^node \S*cli\/kanidm\.js apply$/),
      delete: expect.stringMatching(/^node \S*cli\/kanidm\.js remove$/),
      triggers: ["https://idm.test/"],
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    const told = readInput(String(typeof stdin === "string" ? stdin : (stdin as { value: string }).value));
    expect(told).toMatchObject({ url: "https://idm.test", token: "t0ken", owner: "nixmon/test", rotation: 1 });
  });
});
