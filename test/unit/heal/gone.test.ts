import { type Finding, findings, named, ofMachine } from "../../../cli/heal/gone";
import type { Thing } from "../../../cli/heal/state";
import type { Version } from "../../../sandbox/proxmox/roles";
import type { User } from "../../../sandbox/proxmox/state";
import { simulated } from "../sandbox/simulated";

const userId = "monitoring@pve";
const user: Thing = { kind: "user", userId };
const token: Thing = { kind: "token", userId, tokenName: "prometheus" };
const onRoot = { kind: "acl", path: "/", roleId: "PVEAuditor" } as const;
const userAcl: Thing = { ...onRoot, subject: userId };
const tokenAcl: Thing = { ...onRoot, subject: `${userId}!prometheus` };
const template: Thing = { kind: "vm", node: "pve1", vmId: 9000, name: "nixos-base", macs: ["BC:24:11:00:00:01"] };

const blindUser: User = {
  enable: 1,
  expire: 0,
  groups: [],
  password: "",
  tokens: { one: { expire: 0, privsep: 0, value: "uuid" } },
};
const blind = { authorization: "PVEAPIToken=blind@pve!one=uuid" };

/** A simulated Proxmox VE with all of the stack's things, and clients of it: root's and of somebody without any right. */
async function made(version: Version = 8) {
  const pve = simulated(version);
  pve.api.state.users["blind@pve"] = blindUser;
  const root = pve.client(pve.ticket());
  await root.ask("POST", "/access/users", { userid: userId });
  await root.ask("POST", `/access/users/${userId}/token/prometheus`);
  for (const to of [{ users: userId }, { tokens: `${userId}!prometheus` }] as Record<string, string>[])
    await root.ask("PUT", "/access/acl", { path: "/", roles: "PVEAuditor", ...to });
  return { root, blind: pve.client(blind) };
}

describe.each<Version>([8, 9])("at Proxmox VE %d", (version) => {
  test("what is there is there", async () => {
    const { root } = await made(version);
    expect(await findings(root, [user, token, userAcl, tokenAcl, template])).toEqual(Array(5).fill("there"));
  });

  test.each<[string, string, Record<string, string>, Finding[]]>([
    [
      "an entry",
      "PUT /access/acl",
      { path: "/", roles: "PVEAuditor", users: userId, delete: "1" },
      ["there", "there", "gone", "there"],
    ],
    [
      "a token, and so its entry",
      `DELETE /access/users/${userId}/token/prometheus`,
      {},
      ["there", "gone", "there", "gone"],
    ],
    ["a user, and so all of it", `DELETE /access/users/${userId}`, {}, ["gone", "gone", "gone", "gone"]],
  ])("%s that somebody removed is gone, and nothing else is", async (_, request, params, found) => {
    const { root } = await made(version);
    const [method, path = ""] = request.split(" ") as ["PUT" | "DELETE", string];
    expect((await root.ask(method, path, params)).status).toBe(200);
    expect(await findings(root, [user, token, userAcl, tokenAcl])).toEqual(found);
  });
});

test("a login that may see nothing finds nothing gone; control: root finds the user gone", async () => {
  const { root, blind } = await made();
  await root.ask("DELETE", `/access/users/${userId}`);
  expect(await findings(blind, [user, token, userAcl])).toEqual(["unknown", "unknown", "unknown"]);
  expect(await findings(root, [user])).toEqual(["gone"]);
});

test("a machine is gone when nobody in the cluster has its id, and not when it is on another node", async () => {
  const { root } = await made();
  expect(await findings(root, [{ ...template, vmId: 341 }])).toEqual(["gone"]);
  expect(await findings(root, [{ ...template, node: "pve2" }])).toEqual(["unknown"]);
});

describe("a machine that has our id", () => {
  const ours = {
    kind: "vm" as const,
    node: "pve1",
    vmId: 341,
    name: "web",
    macs: ["BC:24:11:00:00:41"],
  } satisfies Thing;
  const answer = (data: object) => ({ status: 200, reason: "OK", data });

  test.each<[string, object, Finding]>([
    ["and our name and card is ours", { name: "web", net0: "virtio=bc:24:11:00:00:41,bridge=vmbr0" }, "there"],
    [
      "and our card under another name is ours",
      { name: "www", net0: "virtio=BC:24:11:00:00:41,bridge=vmbr0" },
      "there",
    ],
    ["and our name with another card is ours", { name: "web", net0: "virtio=BC:24:11:00:00:42,bridge=vmbr0" }, "there"],
    ["and neither is somebody else's", { name: "db", net0: "virtio=BC:24:11:00:00:42" }, { another: "db" }],
  ])("%s", (_, config, found) => {
    expect(ofMachine(ours, answer(config))).toEqual(found);
  });
});

test("each thing is named as people name it", () => {
  expect([user, token, tokenAcl, template].map(named)).toEqual([
    "user monitoring@pve",
    "token monitoring@pve!prometheus",
    "role PVEAuditor of monitoring@pve!prometheus on /",
    "VM 9000 (nixos-base)",
  ]);
});
