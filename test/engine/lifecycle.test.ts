import { mkdirSync, writeFileSync } from "node:fs";
import { byHand, configOf, guests, named, publicKey, removed, stateOf } from "./proxmox";
import { changedConfig, must, onHost, root, run, up } from "./sandbox";

/** Taking over what is there, and letting go of it. */
const stack = "lifecycle";
const adoptedHost = "10.231.77.32";

const machine = {
  type: "vm",
  template: 9000,
  cores: 1,
  memory: "1GiB",
  disk: "8GiB",
  gateway: "10.231.77.1",
  vmId: 345,
};

function fleetOf(hosts: Record<string, Record<string, unknown>>): string {
  return changedConfig("fleet", (config) => {
    config["nixmon:hosts"] = hosts;
  });
}

beforeAll(async () => {
  await byHand("POST", "/access/users", { userid: "somebody@pve" });
  await byHand("POST", "/access/users/somebody@pve/token/some", { comment: "made by hand" });
  const words = `sandbox/hosts/machine.sh up leaver --ip ${adoptedHost} --template base --authorized-keys`.split(" ");
  must([...words, publicKey]);
  must(["pulumi", "stack", "select", "--create", "--non-interactive", stack]);
});

afterAll(async () => {
  run(["pulumi", "destroy", "--refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"]);
  must(["sandbox/hosts/machine.sh", "down", "leaver"]);
  await removed("taken");
  await byHand("DELETE", "/access/users/somebody@pve");
  must(["pulumi", "stack", "rm", "--yes", "--force", stack]);
});

test("an existing host that is taken out is left running, with our configuration removed", () => {
  const hostKey = must(["sandbox/hosts/machine.sh", "host-key", "leaver"]).stdout.trim();
  const leaver = { address: adoptedHost, machine: { type: "existing" }, ssh: { hostKey } };
  expect(up(stack, fleetOf({ leaver })).errors).toBe("");
  expect(onHost("leaver", "systemctl is-active prometheus-node-exporter.service").trim()).toBe("active");
  expect(up(stack, fleetOf({})).errors).toBe("");
  expect(onHost("leaver", "ls -d /var/lib/nixmon /etc/nixmon 2>/dev/null || echo gone").trim()).toBe("gone");
  expect(onHost("leaver", "systemctl is-active prometheus-node-exporter.service || true").trim()).toBe("inactive");
  expect(onHost("leaver", "systemctl is-active sshd ssh 2>/dev/null || true")).toContain("active");
});

test("one that is gone when it is taken out is no error, and is not waited for long", () => {
  const hostKey = must(["sandbox/hosts/machine.sh", "host-key", "leaver"]).stdout.trim();
  const leaver = { address: adoptedHost, machine: { type: "existing" }, ssh: { hostKey } };
  expect(up(stack, fleetOf({ leaver })).errors).toBe("");
  must(["sandbox/hosts/machine.sh", "stop", "leaver"]);
  const ended = up(stack, fleetOf({}));
  expect(ended.code).toBe(0);
  expect(ended.seconds).toBeLessThan(60);
  expect(stateOf(stack).filter(({ urn }) => urn.includes("leaver"))).toEqual([]);
});

test("a machine that somebody made is imported as docs/import.md says, and is the stack's from then on", async () => {
  await byHand("POST", "/nodes/pve1/qemu/9000/clone", { newid: "345", name: "taken", full: "1" });
  await byHand("PUT", "/nodes/pve1/qemu/345/config", {
    ipconfig0: "ip=10.231.77.45/24,gw=10.231.77.1",
    sshkeys: encodeURIComponent(must(["cat", publicKey]).stdout.trim()),
    ciuser: "root",
  });
  await byHand("POST", "/nodes/pve1/qemu/345/status/start");
  const mac = String((await configOf("taken")).net0);
  // monitored first, as it is
  const hostKey = must(["sandbox/hosts/machine.sh", "host-key", "taken"]).stdout.trim();
  const taken = { address: "10.231.77.45", ssh: { hostKey } };
  expect(up(stack, fleetOf({ taken: { ...taken, machine: { type: "existing" } } })).errors).toBe("");

  const host = `urn:pulumi:${stack}::nixmon::nixmon:components:ExporterHost::taken`;
  const provider = `urn:pulumi:${stack}::nixmon::pulumi:providers:proxmoxve::proxmox`;
  const folder = `${root}/build/engine`;
  mkdirSync(folder, { recursive: true });
  const resources = [
    {
      type: "proxmoxve:index/vmLegacy:VmLegacy",
      name: "taken-machine",
      id: "pve1/345",
      parent: "host",
      provider: "provider",
    },
    { type: "proxmoxve:index/userLegacy:UserLegacy", name: "somebody", id: "somebody@pve", provider: "provider" },
    { type: "proxmoxve:user/token:Token", name: "some-token", id: "somebody@pve!some", provider: "provider" },
  ];
  writeFileSync(`${folder}/import.json`, JSON.stringify({ nameTable: { host, provider }, resources }));
  const file = ["--file", `${folder}/import.json`, "--protect=false", "--generate-code=false"];
  const config = fleetOf({ taken: { ...taken, machine: { type: "existing" } } });
  must([
    "pulumi",
    "import",
    "--stack",
    stack,
    "--config-file",
    config,
    "--yes",
    "--skip-preview",
    "--non-interactive",
    ...file,
  ]);
  expect(named(stack, "taken-machine")?.id).toBe("345");
  expect(named(stack, "somebody")?.id).toBe("somebody@pve");
  expect(named(stack, "some-token")?.outputs).toMatchObject({ comment: "made by hand" });

  for (const name of ["some-token", "somebody"])
    must(["pulumi", "state", "delete", "--stack", stack, "--yes", named(stack, name)?.urn ?? ""]);
  expect(up(stack, fleetOf({ taken: { ...taken, machine } })).errors).toBe("");
  expect(String((await configOf("taken")).net0)).toBe(mac);
  expect((await guests()).filter(({ name }) => name === "taken")).toHaveLength(1);
  expect(named(stack, "taken-apply")).toBeDefined();
});
