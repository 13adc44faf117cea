import { loginStdin, type Resource, readState, resourcesOf, thingOf, without } from "../../../cli/heal/state";

const urn = (name: string) => `urn:pulumi:lab::nixmon::type::${name}`;
const token = { type: "proxmoxve:user/token:Token", outputs: { userId: "monitoring@pve", tokenName: "prometheus" } };
const command = "command:local:Command";

/** A state as the engine exports it, as far as it matters here. */
function stateWith(resources: (Partial<Resource> & { urn: string })[]) {
  const all = resources.map((each) => ({ type: command, ...each }));
  return readState(JSON.stringify({ version: 3, deployment: { manifest: { magic: "kept" }, resources: all } }));
}

function withoutNamed(state: ReturnType<typeof readState>, ...names: string[]) {
  const gone = resourcesOf(state).filter((each) => names.some((name) => each.urn === urn(name)));
  return resourcesOf(without(state, new Set(gone)));
}

test.each<[string, Record<string, unknown>, unknown]>([
  ["proxmoxve:index/userLegacy:UserLegacy", { userId: "a@pve" }, { kind: "user", userId: "a@pve" }],
  [token.type, token.outputs, { kind: "token", userId: "monitoring@pve", tokenName: "prometheus" }],
  [
    "proxmoxve:index/acl:Acl",
    { path: "/", roleId: "PVEAuditor", tokenId: "a@pve!b" },
    { kind: "acl", path: "/", roleId: "PVEAuditor", subject: "a@pve!b" },
  ],
  [
    "proxmoxve:index/vmLegacy:VmLegacy",
    { nodeName: "pve1", vmId: 341, name: "web", networkDevices: [{ macAddress: "BC:24:11:00:00:41" }] },
    { kind: "vm", node: "pve1", vmId: 341, name: "web", macs: ["BC:24:11:00:00:41"] },
  ],
  [
    "proxmoxve:index/containerLegacy:ContainerLegacy",
    { nodeName: "pve1", vmId: 342, initialization: { hostname: "ct" }, networkInterfaces: [] },
    { kind: "lxc", node: "pve1", vmId: 342, name: "ct", macs: [] },
  ],
  [command, { stdout: "" }, undefined],
  [token.type, { userId: 5 }, undefined],
])("of %s it is known what to ask for", (type, outputs, thing) => {
  expect(thingOf({ urn: urn("x"), type, outputs })).toEqual(thing);
  expect(thingOf({ urn: urn("x"), type, outputs, external: true })).toBeUndefined();
});

test("a token that is gone leaves the state, and whatever used it stays without a word of it", () => {
  const state = stateWith([
    { urn: urn("user") },
    { urn: urn("token"), ...token, dependencies: [urn("user")] },
    {
      urn: urn("secrets"),
      dependencies: [urn("user"), urn("token")],
      propertyDependencies: { stdin: [urn("token"), urn("user")], create: [] },
      replaceWith: [urn("token")],
    },
  ]);
  expect(withoutNamed(state, "token")).toEqual([
    { urn: urn("user"), type: command },
    {
      urn: urn("secrets"),
      type: command,
      dependencies: [urn("user")],
      propertyDependencies: { stdin: [urn("user")], create: [] },
      replaceWith: [],
    },
  ]);
  expect(without(state, new Set())).toEqual(state);
});

test("what is deleted with a machine leaves the state together with it, and what is on other hosts stays", () => {
  const state = stateWith([
    { urn: urn("machine") },
    { urn: urn("apply"), deletedWith: urn("machine"), dependencies: [urn("machine")] },
    { urn: urn("targets"), dependencies: [urn("apply"), urn("machine")] },
  ]);
  expect(withoutNamed(state, "machine")).toEqual([{ urn: urn("targets"), type: command, dependencies: [] }]);
});

test("of a machine that was replaced, what remains keeps its successor", () => {
  const state = stateWith([
    { urn: urn("machine"), id: "2" },
    { urn: urn("machine"), id: "1", delete: true },
    { urn: urn("apply"), deletedWith: urn("machine"), dependencies: [urn("machine")] },
  ]);
  const old = resourcesOf(state).filter(({ id }) => id === "1");
  expect(resourcesOf(without(state, new Set(old)))).toEqual(resourcesOf(state).filter(({ id }) => id !== "1"));
});

test("the login is what the stack last proved", () => {
  expect(loginStdin(stateWith([{ urn: urn("proxmox-login"), inputs: { stdin: "{}" } }]))).toBe("{}");
  expect(loginStdin(stateWith([{ urn: urn("other"), inputs: { stdin: "{}" } }]))).toBeUndefined();
});
