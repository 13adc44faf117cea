import * as pulumi from "@pulumi/pulumi";
import { ExporterHost } from "../../../components/exporterHost";
import type { MachineArgs } from "../../../components/internal/machine";
import { answers, commandsIn, dataOf, hostKey, manifest, vm } from "./cluster";
import { mockEngine, settled } from "./mocks";

describe("an ExporterHost that exists", () => {
  test("is one push with a pinned key, and gives the targets that the host confirmed", async () => {
    const registered = await mockEngine(answers);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    expect(await settled(web.scrapeTargets)).toEqual([
      expect.objectContaining({ host: "web", job: "node", address: "10.0.0.3", port: 9100, path: "/metrics" }),
    ]);
    expect(await settled(web.hash)).toBe("hash-of-web");
    expect(registered.map(({ type, name }) => `${name} ${type}`)).toEqual([
      "web nixmon:components:ExporterHost",
      "web-apply command:local:Command",
    ]);
    const inputs = commandsIn(registered)["web-apply"];
    expect(inputs).toMatchObject({ create: "node cli/push.js apply", delete: "node cli/push.js remove" });
    expect(inputs).toMatchObject({
      logging: "stderr",
      addPreviousOutputInEnv: false,
      environment: { NODE_EXTRA_CA_CERTS: "" },
    });
    expect(JSON.parse(inputs?.stdin as string)).toMatchObject({
      connection: { host: "10.0.0.3", port: 22, user: "root", hostKey },
      name: "web",
      limits: { build: 1800, activate: 300, gate: 90, confirm: 60 },
      data: dataOf("web"),
    });
  });

  test("shows what the host tolerated as warnings that name host and check", async () => {
    const said: string[] = [];
    const warn = jest.spyOn(pulumi.log, "warn").mockImplementation(async (text) => void said.push(text));
    const tolerated = ["unit redis-exporter.service: failed, not active"];
    await mockEngine({
      "command:local:Command": () => ({ stdout: JSON.stringify({ ...manifest("web"), tolerated }) }),
    });
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    await settled(web.hash);
    expect(said).toEqual([
      expect.stringContaining("web: deployed, but unit redis-exporter.service: failed, not active"),
    ]);
    warn.mockRestore();
  });

  test("says nothing where all checks hold", async () => {
    const warn = jest.spyOn(pulumi.log, "warn");
    await mockEngine(answers);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    await settled(web.hash);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test("is refused without a host key, before anything is registered", async () => {
    await mockEngine(answers);
    const make = () => new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" } });
    expect(make).toThrow("web: an existing host needs ssh.hostKey, got nothing");
  });
});

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
        rootDisk: "scsi0",
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
    const { type, ...common } = vm as Extract<MachineArgs, { type: "vm" }>;
    const { template: _, ...rest } = common as typeof common & { template: number };
    const machine: MachineArgs = {
      ...rest,
      type,
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
