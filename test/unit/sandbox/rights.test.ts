import { privilegesOf } from "../../../sandbox/proxmox/roles";
import { type Params, simulated } from "./simulated";

/** A request of a user who may do everything but what is named. */
async function askedWithout(privileges: string[], [method, path, params]: [string, string, Params]) {
  const pve = simulated();
  const { state } = pve.api;
  const one = { expire: 0, privsep: 0, value: "uuid" } as const;
  state.roles.Most = privilegesOf(8).filter((privilege) => !privileges.includes(privilege));
  state.users["most@pve"] = { enable: 1, expire: 0, groups: [], password: "", tokens: { one } };
  state.acl.push({ path: "/", type: "user", ugid: "most@pve", roleid: "Most", propagate: 1 });
  return pve.token("most@pve!one=uuid", method, path, params);
}

const config = (params: Params): [string, string, Params] => ["PUT", "/nodes/pve1/qemu/9000/config", params];
const clone: [string, string, Params] = ["POST", "/nodes/pve1/qemu/9000/clone", { newid: "120", name: "web" }];
const container: [string, string, Params] = [
  "POST",
  "/nodes/pve1/lxc",
  { vmid: "121", ostemplate: "local:vztmpl/nixos-base.tar.xz", rootfs: "local-zfs:8", net0: "name=eth0,bridge=vmbr0" },
];
const download: [string, string, Params] = [
  "POST",
  "/nodes/pve1/storage/local/download-url",
  { url: "http://127.0.0.1:1/a.qcow2", filename: "a.qcow2", content: "import" },
];

test.each<[string, string[], [string, string, Params], string]>([
  ["cores", ["VM.Config.CPU"], config({ cores: "2" }), "/vms/9000, VM.Config.CPU"],
  ["a place in the start order", ["Sys.Modify"], config({ startup: "order=3" }), "/, Sys.Modify"],
  [
    "a disk",
    ["Datastore.AllocateSpace"],
    config({ scsi1: "local-zfs:5" }),
    "/storage/local-zfs, Datastore.AllocateSpace",
  ],
  ["a network card", ["SDN.Use"], config({ net0: "virtio,bridge=vmbr0" }), "/sdn/zones/localnetwork/vmbr0, SDN.Use"],
  ["a clone's disk", ["Datastore.AllocateSpace"], clone, "/storage/local-zfs, Datastore.AllocateSpace"],
  ["a clone's network card", ["SDN.Use"], clone, "/sdn/zones/localnetwork/vmbr0, SDN.Use"],
  ["a container's disk", ["VM.Config.Disk"], container, "/vms/121, VM.Config.Disk"],
  ["a download", ["Sys.Modify", "Sys.AccessNetwork"], download, "/nodes/pve1, Sys.AccessNetwork"],
  [
    "a user",
    ["Realm.AllocateUser"],
    ["POST", "/access/users", { userid: "a@pve" }],
    "/access/realm/pve, Realm.AllocateUser",
  ],
])("%s is refused to who lacks %j; control: with it, it is not", async (_, privileges, request, where) => {
  expect(await askedWithout(privileges, request)).toMatchObject({
    status: 403,
    reason: `Permission check failed (${where})`,
  });
  expect((await askedWithout([], request)).status).toBe(200);
});

test("a container's place in the start order asks for no right on the node; control: above, a VM's does", async () => {
  const [method, path, params] = container;
  expect((await askedWithout(["Sys.Modify"], [method, path, { ...params, startup: "order=3" }])).status).toBe(200);
});

test.each(["Sys.Modify", "Sys.AccessNetwork"])(
  "a download needs one right of two: it is not refused without %s",
  async (one) => {
    expect((await askedWithout([one], download)).status).toBe(200);
  },
);
