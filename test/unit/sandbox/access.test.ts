import { PASSWORD, type Params, type Simulated, simulated } from "./simulated";

const MONITORING = "monitoring@pve";

async function tokenFor(pve: Simulated, options: Record<string, string> = {}): Promise<string> {
  await pve.root("POST", "/access/users", { userid: MONITORING });
  const made = await pve.root("POST", `/access/users/${MONITORING}/token/prometheus`, options);
  const { "full-tokenid": id, value } = made.body.data as Record<string, string>;
  return `${id}=${value}`;
}

function grant(pve: Simulated, to: Record<string, string>) {
  return pve.root("PUT", "/access/acl", { path: "/", roles: "PVEAuditor", ...to });
}

async function guestsSeen(pve: Simulated, token: string): Promise<number> {
  const { status, body } = await pve.token(token, "GET", "/cluster/resources", { type: "vm" });
  expect(status).toBe(200);
  return (body.data as unknown[]).length;
}

describe("logging in to the simulated Proxmox VE", () => {
  it("answers 401 without credentials", async () => {
    expect(await simulated().with({}, "GET", "/version")).toMatchObject({ status: 401, reason: "No ticket" });
  });

  it("answers 401 to a wrong password and 200 to the right one", async () => {
    const login = (password: string) =>
      simulated().with({}, "POST", "/access/ticket", { username: "root@pam", password });
    expect(await login("wrong")).toMatchObject({ status: 401, reason: "authentication failure" });
    expect((await login(PASSWORD)).body.data).toMatchObject({ username: "root@pam" });
  });

  it("refuses a ticket that was altered, one that is too old, and a write without the CSRF token", async () => {
    const pve = simulated();
    const good = pve.ticket();
    expect((await pve.with(good, "GET", "/version")).status).toBe(200);
    const altered = { ...good, cookie: good.cookie.replace("root@pam", "evil@pve") };
    expect((await pve.with(altered, "GET", "/version")).status).toBe(401);
    expect(await pve.with({ cookie: good.cookie }, "POST", "/pools", { poolid: "x" })).toMatchObject({ status: 401 });
    pve.clock.now += 7201;
    expect((await pve.with(good, "GET", "/version")).status).toBe(401);
  });

  it.each([
    ["root@pam!nothing=00000000-0000-0000-0000-000000000000", "no such token 'nothing' for user 'root@pam'"],
    ["nobody@pve!x=1", "no such user ('nobody@pve')"],
    ["garbage", "invalid token format"],
  ])("answers 401 to the token %s", async (token, reason) => {
    expect(await simulated().token(token, "GET", "/version")).toMatchObject({ status: 401, reason });
  });

  it("refuses a token with a wrong value, of a disabled user, and past its expiry", async () => {
    const pve = simulated();
    const token = await tokenFor(pve, { expire: String(pve.clock.now + 10) });
    expect((await pve.token(token, "GET", "/version")).status).toBe(200);
    expect(await pve.token(`${token}0`, "GET", "/version")).toMatchObject({ reason: "invalid token value!" });
    await pve.root("PUT", `/access/users/${MONITORING}`, { enable: "0" });
    expect((await pve.token(token, "GET", "/version")).status).toBe(401);
    await pve.root("PUT", `/access/users/${MONITORING}`, { enable: "1" });
    pve.clock.now += 11;
    expect((await pve.token(token, "GET", "/version")).status).toBe(401);
  });
});

describe("tokens and privilege separation", () => {
  it("shows a separated token nothing until both it and its user are granted the role", async () => {
    const pve = simulated();
    const token = await tokenFor(pve);
    expect(await guestsSeen(pve, token)).toBe(0);
    await grant(pve, { users: MONITORING });
    expect(await guestsSeen(pve, token)).toBe(0);
    await grant(pve, { tokens: `${MONITORING}!prometheus` });
    expect(await guestsSeen(pve, token)).toBe(3);
  });

  it("gives a token without separation what its user has", async () => {
    const pve = simulated();
    const token = await tokenFor(pve, { privsep: "0" });
    await grant(pve, { users: MONITORING });
    expect(await guestsSeen(pve, token)).toBe(3);
  });

  it("lists nodes to everybody, but their numbers only to those who may audit them", async () => {
    const pve = simulated();
    const token = await tokenFor(pve, { privsep: "0" });
    const node = async () => ((await pve.token(token, "GET", "/nodes")).body.data as object[])[0];
    expect(await node()).not.toHaveProperty("maxmem");
    await grant(pve, { users: MONITORING });
    expect(await node()).toHaveProperty("maxmem");
  });

  it("answers 403 to what an auditor may not do", async () => {
    const pve = simulated();
    const token = await tokenFor(pve, { privsep: "0" });
    await grant(pve, { users: MONITORING });
    const writes: [string, string, Params][] = [
      ["POST", "/nodes/pve1/qemu/9000/status/start", {}],
      ["DELETE", "/nodes/pve1/qemu/9000", {}],
      ["POST", "/access/users", { userid: "x@pve" }],
      ["POST", "/pools", { poolid: "p" }],
    ];
    for (const [method, path, params] of writes) {
      expect(await pve.token(token, method, path, params)).toMatchObject({ status: 403 });
    }
  });

  it("shows the value of a token once and never again", async () => {
    const pve = simulated();
    const value = (await tokenFor(pve)).split("=")[1] ?? "";
    const shown = await Promise.all(
      [
        `/access/users/${MONITORING}`,
        `/access/users/${MONITORING}/token`,
        `/access/users/${MONITORING}/token/prometheus`,
      ].map((path) => pve.root("GET", path)),
    );
    expect(value).toHaveLength(36);
    expect(JSON.stringify(shown)).toContain("privsep");
    expect(JSON.stringify(shown)).not.toContain(value);
  });

  it("forgets the tokens and grants of a user that is deleted", async () => {
    const pve = simulated();
    const token = await tokenFor(pve);
    await grant(pve, { users: MONITORING, tokens: `${MONITORING}!prometheus` });
    await pve.root("DELETE", `/access/users/${MONITORING}`);
    expect(pve.api.state.acl).toEqual([]);
    expect((await pve.token(token, "GET", "/version")).status).toBe(401);
  });

  it("refuses to grant a role that does not exist, or to somebody who does not", async () => {
    const pve = simulated();
    expect(await grant(pve, { users: "ghost@pve" })).toMatchObject({ reason: "user 'ghost@pve' does not exist" });
    expect(await grant(pve, { users: "root@pam", roles: "Nope" })).toMatchObject({
      reason: "role 'Nope' does not exist",
    });
  });

  it("lets the deepest entry on a path decide", async () => {
    const pve = simulated();
    const token = await tokenFor(pve, { privsep: "0" });
    await grant(pve, { users: MONITORING });
    await pve.root("PUT", "/access/acl", { path: "/vms/9001", roles: "NoAccess", users: MONITORING });
    expect(await guestsSeen(pve, token)).toBe(2);
  });
});

describe("parameters", () => {
  it("names every wrong parameter in one answer", async () => {
    const answered = await simulated().root("POST", "/nodes/pve1/qemu/9000/clone", { nonsense: "1", full: "maybe" });
    expect(answered).toMatchObject({
      status: 400,
      reason: "Parameter verification failed.",
      body: {
        errors: {
          nonsense: "property is not defined in schema and the schema does not allow additional properties",
          full: "type check ('boolean') failed - got 'maybe'",
          newid: "property is missing and it is not optional",
        },
      },
    });
  });

  it("says 501 to what Proxmox VE does not have and 595 to a node that it does not know", async () => {
    const pve = simulated();
    expect((await pve.root("GET", "/nowhere")).status).toBe(501);
    expect((await pve.root("PATCH", "/version")).status).toBe(501);
    expect((await pve.root("GET", "/nodes/other/qemu")).status).toBe(595);
  });
});
