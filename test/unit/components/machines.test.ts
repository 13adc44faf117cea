import { ExporterHost } from "../../../components/exporterHost";
import type { MachineArgs } from "../../../components/internal/machine";
import { answers, commandsIn, dataOf, hostKey, pushAnswers, vm } from "./deployed";
import { mockEngine, optionsSeen, type Registered, settled } from "./mocks";

describe("an ExporterHost in a new virtual machine", () => {
  test("is cloned, protected, and its host key is learned once before the push", async () => {
    const registered = await mockEngine(answers);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: vm });
    await settled(web.hash);
    expect(registered.map(({ name }) => name)).toEqual(["web", "web-machine", "web-hostkey", "web-apply"]);
    expect(registered[1]?.inputs).toMatchObject({
      name: "web",
      nodeName: "pve",
      protection: true,
      clone: { vmId: 9000, full: true },
      memory: { dedicated: 2048 },
      disks: [{ interface: "scsi0", size: 20 }],
      initialization: {
        ipConfigs: [{ ipv4: { address: "10.0.0.3/24", gateway: "10.0.0.1" } }],
        userAccount: { username: "root", keys: ["ssh-ed25519 AAAA me"] },
      },
    });
    const learned = commandsIn(registered)["web-hostkey"];
    expect(JSON.parse(learned?.stdin as string)).toEqual({ name: "web", host: "10.0.0.3", port: 22 });
    const applied = commandsIn(registered)["web-apply"];
    expect(JSON.parse(applied?.stdin as string)).toMatchObject({ connection: { hostKey } });
  });
});

describe("all that may be said of a machine reaches Proxmox", () => {
  const said = { vlan: 30, pool: "lab", tags: ["monitoring", "lab"], vmId: 120, startOrder: 4, dns: ["10.0.0.53"] };
  const disks = { datastore: "fast", dataDisks: [{ sizeGiB: 100 }, { sizeGiB: 5, datastore: "slow" }] };
  const container = { ...vm, type: "lxc", template: "local:vztmpl/nixos.tar.xz" } as const;
  const lxcAnswers = { ...answers, "proxmoxve:index/containerLegacy:ContainerLegacy": () => ({ vmId: 120 }) };

  async function made(machine: MachineArgs, at = "10.0.0.3") {
    const registered = await mockEngine(lxcAnswers);
    const data = { ...dataOf("web"), address: at };
    await settled(new ExporterHost("web", { data, machine, ssh: { hostKey } }).hash);
    return registered.find(({ name }) => name === "web-machine")?.inputs ?? {};
  }

  test("of a virtual machine: network, pool, tags, id, order and the datastore of each disk", async () => {
    const inputs = await made({ ...vm, ...said, ...disks });
    expect(inputs).toMatchObject({
      vmId: 120,
      poolId: "lab",
      tags: ["monitoring", "lab"],
      startup: { order: 4 },
      clone: { vmId: 9000, nodeName: "pve", full: true, datastoreId: "fast" },
    });
    expect(inputs.networkDevices).toEqual([{ bridge: "vmbr0", vlanId: 30, model: "virtio" }]);
    expect(inputs.disks).toEqual([
      { interface: "scsi0", size: 20, datastoreId: "fast" },
      { interface: "scsi1", size: 100, datastoreId: "fast" },
      { interface: "scsi2", size: 5, datastoreId: "slow" },
    ]);
    expect(inputs.initialization).toMatchObject({ datastoreId: "fast", dns: { servers: ["10.0.0.53"] } });
  });

  test("of a container: the same, its data disks mounted where it says, or by number", async () => {
    const dataDisks = [{ sizeGiB: 100 }, { sizeGiB: 5, datastore: "slow", path: "/srv" }];
    const inputs = await made({ ...container, ...said, ...disks, dataDisks });
    expect(inputs).toMatchObject({
      vmId: 120,
      poolId: "lab",
      tags: ["monitoring", "lab"],
      startup: { order: 4 },
      disk: { datastoreId: "fast", size: 20 },
      networkInterfaces: [{ name: "eth0", bridge: "vmbr0", vlanId: 30 }],
    });
    expect(inputs.mountPoints).toEqual([
      { volume: "fast", size: "100G", path: "/data0", backup: true },
      { volume: "slow", size: "5G", path: "/srv", backup: true },
    ]);
  });

  test.each<[string, MachineArgs]>([
    ["virtual machine", { ...vm, prefix: 64, gateway: "2001:db8::1" }],
    ["container", { ...container, prefix: 64, gateway: "2001:db8::1" }],
  ])("an IPv6 address of a %s is told as such", async (_, machine) => {
    const inputs = await made(machine, "2001:db8::3");
    expect((inputs.initialization as { ipConfigs: unknown }).ipConfigs).toEqual([
      { ipv6: { address: "2001:db8::3/64", gateway: "2001:db8::1" } },
    ]);
  });

  test("what is not said is not sent; control for all of the above", async () => {
    const inputs = await made(vm);
    for (const key of ["vmId", "poolId", "startup"]) expect(inputs).not.toHaveProperty(key);
    expect(inputs.networkDevices).toEqual([{ bridge: "vmbr0", model: "virtio" }]);
    expect(inputs.disks).toEqual([{ interface: "scsi0", size: 20 }]);
    expect(inputs.clone).not.toHaveProperty("datastoreId");
  });
});

describe("an ExporterHost with a Proxmox API", () => {
  const proxmox = { endpoint: "https://pve.example.net:8006", apiToken: "a@pve!b=c" };
  const found = {
    ...answers,
    "proxmoxve:index/vmLegacy:VmLegacy": () => ({
      vmId: 120,
      networkInterfaceNames: ["lo", "eth0"],
      ipv4Addresses: [["127.0.0.1"], ["169.254.3.3", "10.0.0.77"]],
    }),
  };

  test("checks what the machine needs first, and reads the host key through the guest agent", async () => {
    const registered = await mockEngine(found);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { ...vm, agent: true }, proxmox });
    await settled(web.hash);
    expect(registered.map(({ name }) => name)).toEqual(["web", "web-check", "web-machine", "web-hostkey", "web-apply"]);
    const commands = commandsIn(registered);
    expect(JSON.parse(commands["web-check"]?.stdin as string)).toEqual({
      api: proxmox,
      machine: {
        host: "web",
        type: "vm",
        node: "pve",
        template: 9000,
        diskGiB: 20,
        datastores: [],
        bridge: "vmbr0",
        address: "10.0.0.3",
      },
    });
    expect(JSON.parse(commands["web-hostkey"]?.stdin as string)).toMatchObject({
      agent: { api: proxmox, node: "pve", vmId: 120 },
    });
    expect(registered[2]?.inputs).toMatchObject({ agent: { enabled: true, timeout: "3m" } });
  });

  test("has its root disk where the check saw the template's, and keeps it there ever after", async () => {
    const registered = await mockEngine({
      ...found,
      "command:local:Command": (one) => (one.name === "web-check" ? { stdout: "virtio0" } : pushAnswers(one)),
    });
    const { options, transformations } = optionsSeen();
    const web = new ExporterHost("web", { data: dataOf("web"), machine: vm, proxmox }, { transformations });
    await settled(web.hash);
    const inputs = registered.find(({ name }) => name === "web-machine")?.inputs;
    expect(inputs?.disks).toEqual([{ interface: "virtio0", size: 20 }]);
    expect(options["web-machine"]?.ignoreChanges).toEqual(expect.arrayContaining(["disks[0].interface", "clone"]));
  });

  test("that gets its address by DHCP is reached, told and scraped at the address that its interface has", async () => {
    const registered = await mockEngine(found);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { ...vm, discover: "eth0" }, proxmox });
    await settled(web.hash);
    expect(registered.find(({ name }) => name === "web-machine")?.inputs).toMatchObject({
      initialization: { ipConfigs: [{ ipv4: { address: "dhcp" } }] },
    });
    const applied = JSON.parse(commandsIn(registered)["web-apply"]?.stdin as string);
    expect(applied).toMatchObject({ connection: { host: "10.0.0.77" }, data: { address: "10.0.0.77" } });
    expect(JSON.stringify(applied)).not.toContain("10.0.0.3");
  });

  test("gets an imported image, and a disk of its own for each data disk", async () => {
    const registered = await mockEngine(found);
    const { template: _, ...rest } = vm;
    const machine: MachineArgs = {
      ...rest,
      image: "local:import/nixos.qcow2",
      dataDisks: [{ sizeGiB: 100 }, { sizeGiB: 5, datastore: "fast" }],
    };
    await settled(new ExporterHost("web", { data: dataOf("web"), machine, proxmox }).hash);
    const inputs = registered.find(({ name }) => name === "web-machine")?.inputs ?? {};
    expect(inputs).not.toHaveProperty("clone");
    expect(inputs.disks).toEqual([
      { interface: "scsi0", size: 20, importFrom: "local:import/nixos.qcow2" },
      { interface: "scsi1", size: 100 },
      { interface: "scsi2", size: 5, datastoreId: "fast" },
    ]);
    const checked = JSON.parse(commandsIn(registered)["web-check"]?.stdin as string);
    expect(checked.machine.datastores).toEqual(["local-lvm", "local-lvm", "fast"]);
  });
});

describe("an ExporterHost in a new container", () => {
  const proxmox = { endpoint: "https://pve.example.net:8006", apiToken: "a@pve!b=c" };
  const found = {
    ...answers,
    "proxmoxve:index/containerLegacy:ContainerLegacy": () => ({ vmId: 121, ipv4: { eth0: "10.0.0.88/24" } }),
  };
  const lxc = { ...vm, type: "lxc", template: "local:vztmpl/nixos.tar.xz" } as const;
  const container = (registered: Registered[]) => registered.find(({ name }) => name === "web-machine")?.inputs ?? {};

  test("is checked, made of its template, protected, and its host key is learned before the push", async () => {
    const registered = await mockEngine(found);
    const machine: MachineArgs = { ...lxc, dataDisks: [{ sizeGiB: 100, path: "/srv" }] };
    await settled(new ExporterHost("web", { data: dataOf("web"), machine, proxmox }).hash);
    expect(registered.map(({ name }) => name)).toEqual(["web", "web-check", "web-machine", "web-hostkey", "web-apply"]);
    expect(container(registered)).toMatchObject({
      nodeName: "pve",
      protection: true,
      unprivileged: true,
      features: { nesting: true },
      operatingSystem: { templateFileId: "local:vztmpl/nixos.tar.xz", type: "nixos" },
      memory: { dedicated: 2048 },
      disk: { datastoreId: "local-lvm", size: 20 },
      mountPoints: [{ volume: "local-lvm", size: "100G", path: "/srv", backup: true }],
      networkInterfaces: [{ name: "eth0", bridge: "vmbr0" }],
      initialization: {
        hostname: "web",
        ipConfigs: [{ ipv4: { address: "10.0.0.3/24", gateway: "10.0.0.1" } }],
        userAccount: { keys: ["ssh-ed25519 AAAA me"] },
      },
    });
    const commands = commandsIn(registered);
    expect(JSON.parse(commands["web-check"]?.stdin as string).machine).toEqual({
      host: "web",
      type: "lxc",
      node: "pve",
      templateFile: "local:vztmpl/nixos.tar.xz",
      diskGiB: 20,
      datastores: ["local-lvm", "local-lvm"],
      bridge: "vmbr0",
      address: "10.0.0.3",
    });
    expect(JSON.parse(commands["web-hostkey"]?.stdin as string)).toEqual({ name: "web", host: "10.0.0.3", port: 22 });
    expect(JSON.parse(commands["web-apply"]?.stdin as string)).toMatchObject({ connection: { hostKey } });
  });

  test("is found at the address that DHCP gave its interface", async () => {
    const registered = await mockEngine(found);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { ...lxc, discover: "eth0" }, proxmox });
    await settled(web.hash);
    expect(container(registered)).toMatchObject({ initialization: { ipConfigs: [{ ipv4: { address: "dhcp" } }] } });
    const commands = commandsIn(registered);
    expect(JSON.parse(commands["web-hostkey"]?.stdin as string)).toMatchObject({
      host: "10.0.0.88",
      discover: "eth0",
    });
    expect(JSON.parse(commands["web-apply"]?.stdin as string)).toMatchObject({ connection: { host: "10.0.0.88" } });
  });

  test("differs by another SSH key or template in nothing but what it was born with, which the engine is told to ignore", async () => {
    const { options, transformations } = optionsSeen();
    const made = async (change: { publicKeys?: string[]; template?: string }) => {
      const registered = await mockEngine(found);
      const machine = { ...lxc, ...change };
      await settled(new ExporterHost("web", { data: dataOf("web"), machine }, { transformations }).hash);
      return container(registered);
    };
    const before = await made({});
    const after = await made({ publicKeys: ["ssh-ed25519 BBBB other"], template: "local:vztmpl/newer.tar.xz" });
    const { initialization, operatingSystem, ...rest } = before;
    expect(after).toMatchObject(rest);
    expect(after.operatingSystem).not.toEqual(operatingSystem);
    const { userAccount, ...told } = initialization as Record<string, unknown>;
    expect(after.initialization).toMatchObject(told);
    expect((after.initialization as Record<string, unknown>).userAccount).not.toEqual(userAccount);
    expect(options["web-machine"]?.ignoreChanges).toEqual(["initialization.userAccount", "clone", "operatingSystem"]);
    expect(options["web-machine"]?.protect).toBe(true);
  });
});
