import {
  machineMessage,
  machineProblems,
  type ProxmoxFacts,
  rootDiskOf,
  type WantedMachine,
} from "../../../cli/proxmox/machine";

const wanted: WantedMachine = {
  host: "web",
  type: "vm",
  node: "pve1",
  template: 9000,
  diskGiB: 20,
  rootDisk: "scsi0",
  datastores: ["local-zfs"],
  bridge: "vmbr0",
  pool: "lab",
  vmId: 120,
  address: "10.0.0.5",
};

const facts: ProxmoxFacts = {
  nodes: [
    { node: "pve1", status: "online" },
    { node: "pve2", status: "offline" },
  ],
  guests: [
    { vmid: 9000, name: "nixos", node: "pve1", type: "qemu", template: 1 },
    { vmid: 9001, name: "far", node: "pve2", type: "qemu", template: 1 },
    { vmid: 110, name: "db", node: "pve1", type: "qemu", template: 0 },
    { vmid: 111, name: "box", node: "pve1", type: "lxc", template: 0 },
  ],
  storages: [
    { storage: "local", content: "iso,vztmpl,import" },
    { storage: "local-zfs", content: "images,rootdir" },
  ],
  bridges: ["vmbr0"],
  pools: ["lab"],
  templates: ["local:vztmpl/nixos.tar.xz"],
  templateDisks: { scsi0: 8 },
  vmIdTaken: false,
  addressAnswers: false,
};

const lines = (change: Partial<WantedMachine>, found: Partial<ProxmoxFacts> = {}) =>
  machineProblems({ ...wanted, ...change }, { ...facts, ...found }).map(
    ({ key, got, want }) => `${key}: got ${got}, want ${want}`,
  );

const aFile = { type: "lxc", template: undefined } as const;

test("control: a machine whose every part is there has no problem", () => {
  expect(lines({})).toEqual([]);
  expect(lines({ ...aFile, templateFile: "local:vztmpl/nixos.tar.xz" })).toEqual([]);
});

test.each<[string, string[], string]>([
  ["a node that is not there", lines({ node: "pve9" }), "node: got pve9, want a node of this cluster: pve1, pve2"],
  ["a node that is off", lines({ node: "pve2" }), "node: got pve2, which is offline, want a node that is online"],
  [
    "a template that is not there",
    lines({ template: 9999 }),
    "template: got 9999, which is not there or not visible to this login, want a VM template on pve1: 9000 (nixos)",
  ],
  [
    "a machine that is no template",
    lines({ template: 110 }),
    "template: got 110 (db), which is a VM and no template, want a VM template: qm template 110 makes it one",
  ],
  [
    "a container as a VM's template",
    lines({ template: 111 }),
    "template: got 111, which is a container, want a VM template on pve1: 9000 (nixos)",
  ],
  [
    "a template on another node",
    lines({ template: 9001 }),
    "template: got 9001, which is on pve2, want one on pve1: 9000 (nixos); or node: pve2",
  ],
  [
    "a disk smaller than the template's",
    lines({ diskGiB: 4 }),
    "disk: got 4GiB, want at least 8GiB, the size of the template's disk: a disk can not shrink",
  ],
  [
    "a root disk that the template has elsewhere",
    lines({ rootDisk: "virtio0" }),
    "rootDisk: got virtio0, want where the template's disk is: scsi0; else the machine would get an empty disk beside it",
  ],
  [
    "no root disk named where the template has several, none of them the usual one",
    lines({ rootDisk: undefined }, { templateDisks: { virtio0: 8, virtio1: 8 } }),
    "rootDisk: got nothing, want where the template's disk is: virtio0, virtio1; else the machine would get an empty disk beside it",
  ],
  [
    "a disk smaller than that of a template whose disk is elsewhere than usual",
    lines({ rootDisk: undefined, diskGiB: 4 }, { templateDisks: { virtio0: 8 } }),
    "disk: got 4GiB, want at least 8GiB, the size of the template's disk: a disk can not shrink",
  ],
  [
    "a datastore that is not there",
    lines({ datastores: ["fast"] }),
    "datastore: got fast, want one on pve1 with content images: local-zfs",
  ],
  [
    "a datastore for other things",
    lines({ datastores: ["local", "local"] }),
    "datastore: got local, which takes no disk images, want one on pve1 with content images: local-zfs",
  ],
  ["a bridge that is not there", lines({ bridge: "vmbr7" }), "bridge: got vmbr7, want a bridge on pve1: vmbr0"],
  ["a pool that is not there", lines({ pool: "prod" }), "pool: got prod, want a pool in this cluster: lab"],
  [
    "a VM id that another machine has",
    lines({ vmId: 110 }, { vmIdTaken: true }),
    "vmId: got 110, which db on pve1 has, want a free id, or none so that Proxmox picks one",
  ],
  [
    "a VM id of a guest that is not visible",
    lines({ vmId: 130 }, { vmIdTaken: true }),
    "vmId: got 130, which a guest that this login may not see has, want a free id, or none so that Proxmox picks one",
  ],
  [
    "an address where another machine answers",
    lines({}, { addressAnswers: true }),
    "address: got 10.0.0.5, where another machine answers SSH, want a free address, or machine: { type: existing } if that is this host",
  ],
  [
    "a container template that is not there",
    lines({ ...aFile, templateFile: "local:vztmpl/other.tar.xz" }),
    "template: got local:vztmpl/other.tar.xz, want a container template that is on pve1: local:vztmpl/nixos.tar.xz; docs/machines.md says how to upload one",
  ],
])("%s is one line that names it and the remedy", (_, found, line) => {
  expect(found).toEqual([line]);
});

test.each<[string, string | undefined, ProxmoxFacts["templateDisks"], string | undefined]>([
  ["the template's only disk", undefined, { virtio0: 8 }, "virtio0"],
  ["the usual one of several", undefined, { virtio0: 8, scsi0: 8 }, "scsi0"],
  ["nobody's guess among several others", undefined, { virtio0: 8, sata0: 8 }, undefined],
  ["the usual place where the login may not look", undefined, undefined, "scsi0"],
  ["what the configuration says, whatever there is", "sata0", { virtio0: 8 }, "sata0"],
])("the root disk is %s", (_, rootDisk, disks, found) => {
  expect(rootDiskOf({ ...wanted, rootDisk }, disks)).toBe(found);
});

test("control: a template with its one disk anywhere needs no word about it", () => {
  expect(lines({ rootDisk: undefined }, { templateDisks: { virtio0: 8 } })).toEqual([]);
});

test("the machine itself, there already, takes neither its id nor its address away from itself", () => {
  const own = { vmid: 120, name: "web", node: "pve1", type: "qemu", template: 0 };
  const there = { guests: [...facts.guests, own], vmIdTaken: true, addressAnswers: true };
  expect(lines({}, there)).toEqual([]);
});

test("what the login may not see is not judged", () => {
  const blind = { storages: undefined, bridges: undefined, pools: undefined, templates: undefined };
  const change = { ...aFile, templateFile: "x:vztmpl/y", bridge: "b", pool: "p", datastores: ["d"] };
  expect(lines(change, blind)).toEqual([]);
});

test("all mistakes come in one message", () => {
  const problems = machineProblems({ ...wanted, bridge: "vmbr7", pool: "prod" }, facts);
  expect(machineMessage("web", problems)).toBe(
    "web: the machine can not be made as configured; nothing was changed:\n" +
      "  bridge: got vmbr7, want a bridge on pve1: vmbr0\n  pool: got prod, want a pool in this cluster: lab",
  );
});
