import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import {
  byHand,
  certificate,
  configOf,
  documentedLogin,
  endpoint,
  guests,
  loginRemoved,
  named,
  node,
  publicKey,
  removed,
  stateOf,
} from "./proxmox";
import { changedConfig, must, onHost, run, up } from "./sandbox";

/** Machines of every kind and with every mistake, made by the real provider in a stack of their own, with the login that the docs recommend. */
const stack = "machines";
let apiToken = "";
type Hosts = Record<string, Record<string, unknown>>;

function fleetOf(hosts: Hosts, more: (config: Record<string, unknown>) => void = () => undefined): string {
  return changedConfig("fleet", (config) => {
    config["nixmon:hosts"] = hosts;
    config["nixmon:proxmoxApiToken"] = apiToken;
    more(config);
  });
}

const at = (last: number, machine: Record<string, unknown>) => ({
  address: `10.231.77.${last}`,
  machine: { type: "vm", template: 9000, cores: 1, memory: "1GiB", gateway: "10.231.77.1", ...machine },
});
const said = { vlan: 30, pool: "lab", datastore: "local-lvm", vmId: 341, tags: ["lab"], startOrder: 3 };
const good = { m1: at(41, { ...said, dataDisks: [{ size: "5GiB" }], protect: false, agent: true }) };

const contained = (template: string) => {
  const dataDisks = [{ size: "5GiB", path: "/srv", datastore: "local-lvm" }];
  const machine = { type: "lxc", template, datastore: "local-zfs", dataDisks, startOrder: 4, protect: false };
  return { ...at(44, {}), machine: { ...machine, gateway: "10.231.77.1" } };
};
/** A disk does not shrink again. */
const grown = at(41, { ...said, dataDisks: [{ size: "6GiB" }], protect: false, agent: true });
const withContainer = { m1: grown, c1: contained("local:vztmpl/nixos-base.tar.xz") };

const diskImage = "a disk image";
/** A machine of an image by URL, at whatever address it is given; `text` is what the image should be. */
function imported(text: string) {
  const image = {
    url: "http://127.0.0.1:8099/nixos-base.qcow2",
    sha256: createHash("sha256").update(text).digest("hex"),
  };
  const { template: _, ...machine } = at(0, { image, datastore: "local-zfs" }).machine as Record<string, unknown>;
  return { address: { interface: "eth0" }, machine };
}
// In a process of its own: this one stands still while the engine runs.
const webServer = spawn(process.execPath, [
  "-e",
  `require("node:http").createServer((_, answer) => answer.end("${diskImage}")).listen(8099, "127.0.0.1")`,
]);

/** With the certificate, since the provider of the tests before verifies it. */
const destroyWithRefresh = [
  ...["env", `SSL_CERT_FILE=${certificate}`, "pulumi", "destroy", "--refresh", "--stack", stack],
  ...["--yes", "--skip-preview", "--non-interactive"],
];

beforeAll(async () => {
  apiToken = await documentedLogin();
  await byHand("POST", "/pools", { poolid: "lab" });
  must(["pulumi", "stack", "select", "--create", "--non-interactive", stack]);
});

afterAll(async () => {
  webServer.kill();
  run(destroyWithRefresh);
  must(["pulumi", "stack", "rm", "--yes", "--force", stack]);
  await loginRemoved();
  await byHand("DELETE", "/pools/lab");
});

test("each mistake about a machine, an image's checksum among them, is an error that names it and the remedy; the host without one is made", async () => {
  const config = fleetOf({
    ...good,
    n: at(51, { node: "pve9" }),
    t: at(52, { template: 9999 }),
    d: at(53, { datastore: "fast" }),
    b: at(54, { bridge: "vmbr7" }),
    p: at(55, { pool: "prod" }),
    i: at(56, { vmId: 9001 }),
    a: at(12, {}),
    found: imported("something else"),
    c1: contained("local:vztmpl/none.tar.xz"),
  });
  const ended = up(stack, config);
  expect(ended.code).not.toBe(0);
  for (const line of [
    "node: got pve9, want a node of this cluster: pve1",
    "template: got 9999, which is not there or not visible to this login, want a VM template on pve1: 9000 (nixos-base)",
    "datastore: got fast, want one on pve1 with content images: local-zfs, local-lvm",
    "bridge: got vmbr7, want a bridge on pve1: vmbr0",
    "pool: got prod, want a pool in this cluster: lab",
    "vmId: got 9001, which nixos-io on pve1 has, want a free id",
    "address: got 10.231.77.12, where another machine answers SSH, want a free address",
    "checksum mismatch",
    "template: got local:vztmpl/none.tar.xz, want a container template that is on pve1: local:vztmpl/nixos-base.tar.xz",
  ]) {
    expect(ended.errors).toContain(line);
  }
  expect((await guests()).map(({ name }) => name)).not.toEqual(expect.arrayContaining(["n"]));
  const made = stateOf(stack);
  expect(made.some(({ urn }) => urn.endsWith("::m1-apply"))).toBe(true);
  expect(made.filter(({ type }) => type.startsWith("proxmoxve:")).length).toBe(1);
});

test("the machine is as it was described, network, pool, datastores and data disk included, and its key came through the guest agent", async () => {
  expect(await configOf("m1")).toMatchObject({
    cores: 1,
    tags: "lab",
    startup: "order=3",
    agent: expect.stringContaining("enabled=1"),
  });
  const { scsi0, scsi1, net0 } = await configOf("m1");
  expect([scsi0, scsi1]).toEqual([
    expect.stringMatching(/^local-lvm:vm-341-disk-0,/),
    expect.stringMatching(/^local-lvm:vm-341-disk-1,.*size=5G/),
  ]);
  expect(net0).toMatch(/bridge=vmbr0,.*tag=30/);
  const pool = (await byHand("GET", "/pools", { poolid: "lab" })).data as { members: { vmid: number }[] }[];
  expect(pool[0]?.members.map(({ vmid }) => vmid)).toEqual([341]);
  const tasks = (await byHand("GET", `${node}/tasks`)).data as { type: string; id: string; user: string }[];
  const started = tasks.find(({ type, id }) => type === "qmstart" && id === "341");
  // with the documented login, and not with the password that the environment has too
  expect(started?.user).toBe(apiToken.split("!")[0]);
  const shown = must(["sandbox/hosts/machine.sh", "host-key", "m1"]).stdout.trim().split(" ").slice(0, 2).join(" ");
  expect(named(stack, "m1-hostkey")?.outputs?.stdout).toBe(shown);
});

test("the next up goes on from there, and another one changes nothing", () => {
  expect(up(stack, fleetOf({ ...good, p: at(55, {}) })).code).toBe(0);
  expect(named(stack, "p-apply")).toBeDefined();
  const again = up(stack, fleetOf({ ...good, p: at(55, {}) }));
  expect(again.changes).toMatchObject({ create: 0, update: 0, delete: 0, replace: 0 });
});

test("another SSH key or cloud-init user does not touch the machine; another size or address changes it in place", () => {
  const file = "/tmp/nixmon-test-other-key.pub";
  writeFileSync(file, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ other\n");
  const preview = (config: string) => {
    const words = [
      "pulumi",
      "preview",
      "--stack",
      stack,
      "--json",
      "--show-sames",
      "--non-interactive",
      "--config-file",
      config,
    ];
    const { steps } = JSON.parse(must(words).stdout) as { steps: { op: string; urn: string }[] };
    return Object.fromEntries(steps.map(({ op, urn }) => [urn.split("::").pop() ?? "", op]));
  };
  const other = fleetOf({ ...good, p: { ...at(55, {}), ssh: { user: "deploy" } } }, (config) => {
    config["nixmon:ssh"] = { user: "root", publicKeyFiles: [publicKey, file] };
  });
  expect(preview(other)).toMatchObject({ "m1-machine": "same", "p-machine": "same" });
  const m1 = { ...good.m1, machine: { ...good.m1.machine, memory: "2GiB" } };
  const changed = preview(fleetOf({ m1, p: at(56, {}) }));
  expect(changed).toMatchObject({ "m1-machine": "update", "p-machine": "update" });
});

test("an image by URL is imported, its machine found at the address that DHCP gave it; a container comes of its template", async () => {
  const hosts = { ...good, found: imported(diskImage), c1: contained("local:vztmpl/nixos-base.tar.xz") };
  expect(up(stack, fleetOf(hosts)).errors).toBe("");
  const targets = JSON.parse(must(["pulumi", "stack", "output", "--stack", stack, "--json", "scrapeTargets"]).stdout);
  const leased = expect.stringMatching(/^10\.231\.77\.1[5-9]\d$/);
  expect(targets.found).toEqual(expect.arrayContaining([expect.objectContaining({ job: "node", address: leased })]));
  expect(onHost("found", "cat /etc/nixmon/manifest.json")).toContain('"node"');
  expect(await configOf("c1")).toMatchObject({
    startup: "order=4",
    rootfs: expect.stringMatching(/^local-zfs:/),
    mp0: expect.stringMatching(/^local-lvm:.*mp=\/srv.*size=5G/),
  });
  expect(targets.c1).toEqual(
    expect.arrayContaining([expect.objectContaining({ job: "node", address: "10.231.77.44" })]),
  );
});

test("a protected machine refuses to be destroyed or replaced, by the engine and by Proxmox, and its data disk outlives every change", async () => {
  const volumes = async () => {
    const { scsi0, scsi1 } = await configOf("m1");
    return [scsi0, scsi1].map((disk) => String(disk).split(",")[0]);
  };
  const before = await volumes();
  const machine = { ...grown.machine, protect: true, template: 9001 };
  const kept = { ...withContainer, m1: { ...grown, machine } };
  const changed = up(stack, fleetOf(kept));
  expect(changed.errors).toBe("");
  expect(changed.changes.replace).toBe(0);
  expect(await volumes()).toEqual(before);
  expect((await configOf("m1")).scsi1).toContain("size=6G");

  // of this machine alone: others would go
  const target = ["--target", named(stack, "m1-machine")?.urn ?? "", "--target-dependents"];
  const destroyed = run([
    "pulumi",
    "destroy",
    "--stack",
    stack,
    ...target,
    "--yes",
    "--skip-preview",
    "--non-interactive",
  ]);
  expect(destroyed.code).not.toBe(0);
  expect(destroyed.stdout + destroyed.stderr).toMatch(/m1-machine.*cannot be deleted.*protected/s);
  const moved = { ...withContainer, m1: { ...grown, machine: { ...machine, vmId: 342 } } };
  const replaced = run(["pulumi", "preview", "--stack", stack, "--non-interactive", "--config-file", fleetOf(moved)]);
  expect(replaced.stdout + replaced.stderr).toMatch(/unable to replace resource.*m1-machine.*protect/s);
  await expect(byHand("DELETE", `${node}/qemu/341`)).rejects.toThrow("can't remove VM 341 - protection mode enabled");
  expect(await volumes()).toEqual(before);
});

test("what somebody changed by hand in Proxmox is shown by refresh and mended by up", async () => {
  const { vmid } = (await guests()).find(({ name }) => name === "m1") ?? { vmid: 0 };
  await byHand("PUT", `${node}/qemu/${vmid}/config`, { cores: "4", tags: "lab;mine" });
  const seen = run(["pulumi", "refresh", "--stack", stack, "--preview-only", "--diff", "--non-interactive"]);
  expect(seen.stdout).toMatch(/cores.*1.*=>.*4/);
  expect(up(stack, fleetOf(withContainer), ["--refresh"]).errors).toBe("");
  expect(await configOf("m1")).toMatchObject({ cores: 1, tags: "lab" });
});

test("destroy works when VM and container are gone already, within 10 s, with nothing left in the state, and stops where another has the id", async () => {
  const yes = ["--yes", "--skip-preview", "--non-interactive"];
  const heal = () => must([process.execPath, "dist/cli/heal.js", "--stack", stack, "--machines"]);
  // control: of machines that are there nothing is forgotten
  expect(heal().stderr).toBe("");
  const { net0 } = await configOf("m1");
  await byHand("PUT", `${node}/qemu/341/config`, { name: "db", net0: "virtio,bridge=vmbr0" });
  const stopped = run([process.execPath, "dist/cli/heal.js", "--stack", stack, "--machines"]);
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toContain("VM 341 (m1): that id is now another machine's (db)");
  await byHand("PUT", `${node}/qemu/341/config`, { name: "m1", net0: String(net0) });
  await removed("m1");
  await removed("c1");
  const healed = heal();
  expect(healed.stderr).toMatch(/machines: VM 341 \(m1\) is gone at Proxmox: forgotten here too\n/);
  expect(healed.stderr).toMatch(/machines: container \d+ \(c1\) is gone/);
  const destroyed = must(["pulumi", "destroy", "--stack", stack, ...yes]);
  expect(healed.seconds + destroyed.seconds).toBeLessThan(10);
  expect(stateOf(stack)).toEqual([]);
});

test("the certificate is verified by our check and by the real provider unless somebody says insecure", () => {
  const config = (more: Record<string, unknown>) =>
    fleetOf({ m2: at(42, { agent: true }) }, (values) => {
      values["nixmon:proxmox"] = { endpoint, node: "pve1", ...more };
    });
  // the sandbox's settings trust the simulated API's certificate
  const alone = ["env", "-u", "SSL_CERT_DIR"];
  const untrusted = up(stack, config({}), [], alone);
  expect(untrusted.code).not.toBe(0);
  expect(untrusted.errors).toContain("the certificate is not trusted");
  expect(untrusted.errors).toMatch(/fingerprint is ([0-9A-F]{2}:){31}/);
  // one error: what needs the login is not tried
  expect(untrusted.errors).not.toContain("unknown provider");
  expect(untrusted.errors.match(/not trusted/g)).toHaveLength(1);
  expect(stateOf(stack).filter(({ type }) => type.startsWith("proxmoxve:"))).toEqual([]);

  const ours = up(stack, config({ ca: certificate }), [], alone);
  expect(ours.errors).toContain("the Proxmox provider does not know that authority");
  const trusting = [
    ...alone,
    `SSL_CERT_FILE=${certificate}`,
    "pulumi",
    "up",
    "--stack",
    stack,
    "--yes",
    "--skip-preview",
    "--non-interactive",
  ];
  must([...trusting, "--config-file", config({ ca: certificate })]);
  expect(named(stack, "m2-apply")).toBeDefined();

  const fingerprint = Array.from({ length: 32 }, () => "AA").join(":");
  const other = run([...trusting, "--config-file", config({ ca: certificate, fingerprint })]);
  expect(other.stdout + other.stderr).toContain(`proxmox.fingerprint says ${fingerprint}`);
});

test("without make: destroy --refresh takes a machine for gone that is gone, within 10 s, with nothing left in the state", async () => {
  await removed("m2");
  const ended = must(destroyWithRefresh);
  expect(ended.seconds).toBeLessThan(10);
  expect(stateOf(stack)).toEqual([]);
});
