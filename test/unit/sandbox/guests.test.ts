import { finished, type Params, type Simulated, simulated } from "./simulated";

const KEY = "ssh-ed25519 AAAA deployer";
const VM = "/nodes/pve1/qemu/112";
const CT = "/nodes/pve1/lxc/201";

async function clone(pve: Simulated, config: Params = {}): Promise<void> {
  const made = await pve.root("POST", "/nodes/pve1/qemu/9001/clone", { newid: "112", name: "nixio", full: "1" });
  expect(await finished(pve, made)).toBe("OK");
  const set = await pve.root("PUT", `${VM}/config`, {
    cores: "2",
    ipconfig0: "gw=10.231.77.1,ip=10.231.77.12/24",
    sshkeys: encodeURIComponent(KEY),
    agent: "enabled=1",
    ...config,
  });
  expect(set.status).toBe(200);
}

function container(pve: Simulated, params: Params = {}) {
  return pve.root("POST", "/nodes/pve1/lxc", {
    vmid: "201",
    ostemplate: "local:vztmpl/nixos-base.tar.xz",
    hostname: "nixserv",
    net0: "name=eth0,bridge=vmbr0,ip=10.231.77.14/24,gw=10.231.77.1",
    rootfs: "local-zfs:8",
    "ssh-public-keys": KEY,
    ...params,
  });
}

describe("virtual machines", () => {
  it("boots a clone with the address, keys and template that it was given", async () => {
    const pve = simulated();
    await clone(pve);
    expect(await finished(pve, await pve.root("POST", `${VM}/status/start`))).toBe("OK");
    expect(pve.hypervisor.spec).toMatchObject({
      name: "nixio",
      address: "10.231.77.12/24",
      gateway: "10.231.77.1",
      template: "nixos-io",
      authorizedKeys: KEY,
    });
    expect((await pve.root("GET", `${VM}/status/current`)).body.data).toMatchObject({ status: "running", agent: 1 });
  });

  it("gives a clone disks and MAC addresses of its own", async () => {
    const pve = simulated();
    await clone(pve);
    const config = pve.api.state.guests["112"]?.config ?? {};
    expect(config.scsi0).toBe("local-zfs:vm-112-disk-0,size=8G");
    expect(config.net0).toMatch(/^virtio=BC:24:11:(..:){2}..,bridge=vmbr0$/);
    expect(config.net0).not.toBe(pve.api.state.guests["9001"]?.config.net0);
    expect(config).not.toHaveProperty("template");
  });

  it("gives a guest without a fixed address one by DHCP, the same at each start", async () => {
    const pve = simulated();
    await clone(pve, { ipconfig0: "ip=dhcp" });
    await finished(pve, await pve.root("POST", `${VM}/status/start`));
    const first = pve.hypervisor.spec?.address;
    expect(first).toBe("10.231.77.150/24");
    await finished(pve, await pve.root("POST", `${VM}/status/stop`));
    await finished(pve, await pve.root("POST", `${VM}/status/start`));
    expect(pve.hypervisor.spec?.address).toBe(first);
  });

  it("answers the guest agent's questions only while the guest runs and the agent is on", async () => {
    const pve = simulated();
    await clone(pve);
    const ask = () => pve.root("GET", `${VM}/agent/network-get-interfaces`);
    expect(await ask()).toMatchObject({ status: 500, reason: "VM 112 is not running" });
    await finished(pve, await pve.root("POST", `${VM}/status/start`));
    expect(JSON.stringify((await ask()).body.data)).toContain('"ip-address":"10.231.77.12"');
    await pve.root("PUT", `${VM}/config`, { agent: "enabled=0" });
    expect(await ask()).toMatchObject({ reason: "No QEMU guest agent configured" });
  });

  it("hands out a public host key through the agent, and no other file", async () => {
    const pve = simulated();
    await clone(pve);
    await finished(pve, await pve.root("POST", `${VM}/status/start`));
    const read = (file: string) => pve.root("GET", `${VM}/agent/file-read`, { file });
    expect((await read("/etc/ssh/ssh_host_ed25519_key.pub")).body.data).toMatchObject({
      content: "ssh-ed25519 AAAA host\n",
    });
    expect((await read("/etc/shadow")).status).toBe(500);
    expect((await read("/etc/ssh/../ssh/ssh_host_ed25519_key")).status).toBe(500);
  });

  it("refuses an id that is taken, and a template, a storage and a pool that do not exist", async () => {
    const pve = simulated();
    const attempt = (from: string, params: Params) => pve.root("POST", `/nodes/pve1/qemu/${from}/clone`, params);
    expect(await attempt("9000", { newid: "9001" })).toMatchObject({ reason: "VM 9001 already exists on node 'pve1'" });
    expect((await attempt("8000", { newid: "112" })).reason).toContain("does not exist");
    expect(await attempt("9000", { newid: "112", storage: "tank" })).toMatchObject({
      reason: "storage 'tank' does not exist",
    });
    expect(await attempt("9000", { newid: "112", pool: "prod" })).toMatchObject({
      reason: "pool 'prod' does not exist",
    });
    expect(pve.api.state.guests["112"]).toBeUndefined();
  });

  it("ends the start task with the reason when the bridge does not exist", async () => {
    const pve = simulated();
    await clone(pve, { net0: "virtio,bridge=vmbr9" });
    expect(await finished(pve, await pve.root("POST", `${VM}/status/start`))).toBe("bridge 'vmbr9' does not exist");
  });

  it("ends a reboot when the guest runs again", async () => {
    const pve = simulated();
    await clone(pve);
    await finished(pve, await pve.root("POST", `${VM}/status/start`));
    expect(await finished(pve, await pve.root("POST", `${VM}/status/reboot`))).toBe("OK");
    expect(pve.hypervisor.log).toEqual(["start nixio", "stop nixio", "start nixio"]);
    expect((await pve.root("GET", `${VM}/status/current`)).body.data).toMatchObject({ status: "running" });
    // the reboot's own work: no task of a start comes after it
    expect(pve.api.tasks.list().filter(({ type }) => type === "qmstart")).toHaveLength(1);
  });

  it("destroys a guest only when it is off and not protected, and then says that it does not exist", async () => {
    const pve = simulated();
    await clone(pve, { protection: "1" });
    await finished(pve, await pve.root("POST", `${VM}/status/start`));
    expect((await pve.root("DELETE", VM)).reason).toBe("can't remove VM 112 - protection mode enabled");
    await pve.root("PUT", `${VM}/config`, { protection: "0" });
    expect((await pve.root("DELETE", VM)).reason).toBe("VM 112 is running - destroy failed");
    await finished(pve, await pve.root("POST", `${VM}/status/stop`));
    expect(await finished(pve, await pve.root("DELETE", VM, { purge: "1" }))).toBe("OK");
    expect(pve.hypervisor.log).toEqual(["start nixio", "stop nixio", "destroy nixio"]);
    expect((await pve.root("GET", `${VM}/config`)).reason).toContain("does not exist");
  });

  it("keeps a disk's size when its options are written anew, grows it, and never shrinks it", async () => {
    const pve = simulated();
    await clone(pve);
    await pve.root("PUT", `${VM}/config`, { scsi0: "file=local-zfs:vm-112-disk-0,cache=none" });
    const disk = () => pve.api.state.guests["112"]?.config.scsi0;
    expect(disk()).toBe("local-zfs:vm-112-disk-0,cache=none,size=8G");
    await finished(pve, await pve.root("PUT", `${VM}/resize`, { disk: "scsi0", size: "+8G" }));
    expect(disk()).toContain("size=16G");
    expect((await pve.root("PUT", `${VM}/resize`, { disk: "scsi0", size: "4G" })).reason).toBe(
      "shrinking disks is not supported",
    );
  });
});

describe("containers", () => {
  it("boots with the address and keys that it was made with", async () => {
    const pve = simulated();
    expect(await finished(pve, await container(pve))).toBe("OK");
    expect(await finished(pve, await pve.root("POST", `${CT}/status/start`))).toBe("OK");
    expect(pve.hypervisor.spec).toMatchObject({ name: "nixserv", address: "10.231.77.14/24", authorizedKeys: KEY });
    expect((await pve.root("GET", `${CT}/interfaces`)).body.data).toContainEqual(
      expect.objectContaining({ name: "eth0", inet: "10.231.77.14/24" }),
    );
  });

  it("turns a wish for a disk into a volume and never shows the keys again", async () => {
    const pve = simulated();
    await finished(pve, await container(pve));
    const config = (await pve.root("GET", `${CT}/config`)).body.data;
    expect(config).toMatchObject({ rootfs: "local-zfs:subvol-201-disk-0,size=8G", hostname: "nixserv" });
    expect(JSON.stringify(config)).not.toContain(KEY);
  });

  it("mounts a volume whatever the order of its options, as the provider sends it", async () => {
    const pve = simulated();
    await finished(pve, await container(pve, { mp0: "backup=1,mp=/srv,volume=local-lvm:5" }));
    const config = (await pve.root("GET", `${CT}/config`)).body.data;
    expect(config).toMatchObject({ mp0: "local-lvm:subvol-201-disk-1,backup=1,mp=/srv,size=5G" });
    const elsewhere = await container(simulated(), { mp0: "mp=/srv,volume=tank:5" });
    expect(elsewhere).toMatchObject({ status: 500, reason: "storage 'tank' does not exist" });
  });

  it("refuses a container template that is not there", async () => {
    const answered = await container(simulated(), { ostemplate: "local:vztmpl/debian.tar.zst" });
    expect(answered).toMatchObject({ status: 500, reason: "volume 'local:vztmpl/debian.tar.zst' does not exist" });
  });
});

describe("pools and ids", () => {
  it("puts a guest into a pool, refuses to delete the pool while it is there, and lets go with the guest", async () => {
    const pve = simulated();
    await pve.root("POST", "/pools", { poolid: "monitoring" });
    await finished(pve, await container(pve, { pool: "monitoring" }));
    expect(JSON.stringify((await pve.root("GET", "/pools", { poolid: "monitoring" })).body.data)).toContain(
      '"id":"lxc/201"',
    );
    expect((await pve.root("DELETE", "/pools", { poolid: "monitoring" })).status).toBe(500);
    await finished(pve, await pve.root("DELETE", CT));
    expect((await pve.root("DELETE", "/pools", { poolid: "monitoring" })).status).toBe(200);
  });

  it("answers the lowest free id, and says when a wanted one is taken", async () => {
    const pve = simulated();
    expect((await pve.root("GET", "/cluster/nextid")).body.data).toBe("100");
    expect((await pve.root("GET", "/cluster/nextid", { vmid: "112" })).body.data).toBe("112");
    await clone(pve);
    expect((await pve.root("GET", "/cluster/nextid", { vmid: "112" })).body.errors).toEqual({
      vmid: "VM 112 already exists",
    });
  });
});
