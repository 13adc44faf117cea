import { readLogin } from "../../../cli/proxmox/input";
import { type Make, missingRights, type Permissions, rightsMessage } from "../../../cli/proxmox/makes";
import { builtinRoles, type Version } from "../../../sandbox/proxmox/roles";

const everything: Make[] = ["agent", "clone", "image", "lxc", "startOrder", "token", "vm"];

/** What `GET /access/permissions` shows of these privileges granted on a path, with propagation. */
const tree = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];
const granted = (path: string, ...privileges: readonly string[]): Permissions =>
  Object.fromEntries(
    [...new Set([...tree, path])]
      .filter((at) => path === "/" || at === path || at.startsWith(`${path}/`))
      .map((at) => [at, Object.fromEntries(privileges.map((privilege) => [privilege, 1]))]),
  );
const both = (...all: Permissions[]): Permissions =>
  all.reduce((sum, one) => {
    const paths = new Set([...Object.keys(sum), ...Object.keys(one)]);
    return Object.fromEntries([...paths].map((path) => [path, { ...sum[path], ...one[path] }]));
  }, {});
const roleOf = (version: Version, ...names: string[]) => names.flatMap((name) => builtinRoles(version)[name] ?? []);
const role = (...names: string[]) => roleOf(8, ...names);

/** The roles that docs/machines.md names. */
const documented = ["PVEVMAdmin", "PVEDatastoreAdmin", "PVESDNUser", "PVEPoolAdmin", "PVEAuditor"];

test.each<[string, Make[], Permissions]>([
  ["root, who may do everything", everything, granted("/", ...role("Administrator"))],
  ["the documented roles, on 8, for machines", ["agent", "clone", "lxc", "vm"], granted("/", ...role(...documented))],
  [
    "the documented roles, on 9, for machines",
    ["agent", "clone", "lxc", "vm"],
    granted("/", ...roleOf(9, ...documented)),
  ],
  [
    "the documented roles for the monitoring token",
    ["token"],
    granted("/", ...role("PVEUserAdmin"), "Permissions.Modify"),
  ],
  ["the documented privilege for images", ["image"], granted("/", ...role("PVEDatastoreAdmin"), "Sys.AccessNetwork")],
  ["the other way to images", ["image"], granted("/", ...role("PVEDatastoreAdmin"), "Sys.Audit", "Sys.Modify")],
  [
    "rights in a pool, on one datastore and one bridge",
    ["vm"],
    both(
      granted("/pool/lab", ...role("PVEVMAdmin")),
      granted("/storage/fast", "Datastore.AllocateSpace"),
      granted("/sdn/zones/localnetwork/vmbr0", "SDN.Use"),
    ),
  ],
  [
    "a realm's own administrator",
    ["token"],
    both(
      granted("/access/realm/pve", "Realm.AllocateUser"),
      granted("/access/groups", "User.Modify"),
      granted("/", "Permissions.Modify"),
    ),
  ],
  ["whoever makes nothing", [], {}],
])("%s lacks nothing", (_, makes, held) => {
  expect(missingRights(makes, held)).toEqual([]);
});

const machineRights =
  "VM.Allocate, VM.Audit, VM.PowerMgmt, VM.Config.CPU, VM.Config.Disk, VM.Config.Memory, VM.Config.Network, VM.Config.Options";

test.each<[string, Make[], Permissions, string[]]>([
  [
    "a token without any right",
    ["lxc", "token"],
    {},
    [
      `to make containers: ${machineRights} on /vms; Datastore.AllocateSpace on /storage; SDN.Use on /sdn`,
      "to make the monitoring user and its token: User.Modify on /access/groups; Realm.AllocateUser on /access/realm; Permissions.Modify on /",
    ],
  ],
  ["an auditor", ["clone"], granted("/", ...role("PVEAuditor")), ["to clone templates: VM.Clone on /vms"]],
  [
    "a login that forgot the network",
    ["vm"],
    granted("/", ...role("PVEVMAdmin", "PVEDatastoreAdmin")),
    ["to make virtual machines: SDN.Use on /sdn"],
  ],
  [
    "the documented roles, which do not download",
    ["image"],
    granted("/", ...role(...documented)),
    ["to download images: Sys.AccessNetwork on /nodes, or Sys.Modify on /"],
  ],
  [
    "8's right to the guest agent, gone on 9",
    ["agent"],
    granted("/", "VM.GuestAgent.Audit"),
    [
      "to read SSH host keys through the guest agent: VM.GuestAgent.FileRead on /vms, or VM.GuestAgent.Unrestricted on /vms, or VM.Monitor on /vms",
    ],
  ],
  [
    "a start order without the node's own settings",
    ["startOrder"],
    granted("/", ...role("PVEVMAdmin")),
    ["to set a virtual machine's startOrder: Sys.Modify on /"],
  ],
  [
    "a role on / that does not propagate",
    ["clone"],
    { "/": { "VM.Clone": 0 } },
    ["to clone templates: VM.Clone on /vms"],
  ],
  [
    "the right to give rights, but not on /",
    ["token"],
    both(granted("/access", "User.Modify", "Realm.AllocateUser", "Permissions.Modify")),
    ["to make the monitoring user and its token: Permissions.Modify on /"],
  ],
])("%s is told what it lacks", (_, makes, held, lines) => {
  expect(missingRights(makes, held)).toEqual(lines);
});

test("all of it is one message that names login, rights and remedy", () => {
  const message = rightsMessage("https://pve:8006", "token nixmon@pve!deploy", ["to x: A on /vms", "to y: B on /"]);
  expect(message).toMatch(
    /^Proxmox API https:\/\/pve:8006: the login of token nixmon@pve!deploy may not .*; nothing was changed\. It lacks\n {2}to x: A on \/vms\n {2}to y: B on \/\nGrant that to the user and, .* to the token too \(pveum acl modify/,
  );
});

test("stdin says what the stack makes; of an older state nothing, and a word that nobody knows is refused", () => {
  const api = { endpoint: "https://pve.example.net:8006" };
  const read = (more: object) => readLogin(JSON.stringify({ api, ...more })).makes;
  expect(read({ makes: everything })).toEqual(everything);
  expect(read({})).toEqual([]);
  expect(() => read({ makes: ["coffee"] })).toThrow(
    'stdin: makes: got ["coffee"], want a list of what the stack makes',
  );
});
