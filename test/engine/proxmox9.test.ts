import { byHand, documentedLogin, loginRemoved, named, removed } from "./proxmox";
import { changedConfig, eventually, must, run, samples, up } from "./sandbox";

/** The cluster's Proxmox becomes a Proxmox VE 9, as after an upgrade: other privileges, everything else as it was. */
const become = (version: 8 | 9) =>
  must(["env", `NIXMON_SANDBOX_PVE=${version}`, process.execPath, "dist/cli/sandbox.js", "up"]);
const stack = "nine";
let apiToken = "";

/** A fleet of one machine whose host key comes through the guest agent. */
function deploy(login: string) {
  const machine = { type: "vm", template: 9000, cores: 1, memory: "1GiB", gateway: "10.231.77.1" };
  const config = changedConfig("fleet", (values) => {
    values["nixmon:proxmoxApiToken"] = login;
    values["nixmon:hosts"] = {
      v9: { address: "10.231.77.46", machine: { ...machine, agent: true, protect: false, startOrder: 2 } },
    };
  });
  return up(stack, config);
}

beforeAll(async () => {
  become(9);
  apiToken = await documentedLogin();
  must(["pulumi", "stack", "select", "--create", "--non-interactive", stack]);
});

afterAll(async () => {
  try {
    run(["pulumi", "destroy", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"]);
    run(["pulumi", "stack", "rm", "--yes", "--force", stack]);
    await removed("v9");
    await loginRemoved();
  } finally {
    become(8);
  }
  expect((await byHand("GET", "/version")).data).toMatchObject({ release: "8.4" });
});

test("the documented login makes a machine there, and its host key comes through the guest agent; without the right it does not", async () => {
  expect((await byHand("GET", "/version")).data).toMatchObject({ release: "9.0" });
  // control: what was enough for the guest agent on 8 is not there, and what an auditor has is not enough
  const others = "PVEDatastoreAdmin,PVESDNUser,PVEAuditor,NixmonDeploy";
  await byHand("POST", "/access/users", { userid: "short@pve" });
  await byHand("PUT", "/access/acl", { path: "/", users: "short@pve", roles: others });
  const { data } = await byHand("POST", "/access/users/short@pve/token/deploy", { privsep: "0" });
  const refused = deploy(`short@pve!deploy=${(data as { value: string }).value}`);
  await byHand("DELETE", "/access/users/short@pve");
  expect(refused.errors).toContain(
    "to read SSH host keys through the guest agent: VM.GuestAgent.FileRead on /vms, or VM.GuestAgent.Unrestricted on /vms",
  );
  expect(deploy(apiToken).errors).toBe("");
  const shown = must(["sandbox/hosts/machine.sh", "host-key", "v9"]).stdout.trim();
  expect(named(stack, "v9-hostkey")?.outputs?.stdout).toBe(shown);
  expect(deploy(apiToken).changes).toMatchObject({ create: 0, update: 0, delete: 0, replace: 0 });
});

test("the cluster's stack goes on there: nothing to do, and a token that was removed is made anew and works", async () => {
  expect(up("sandbox").changes).toMatchObject({ create: 0, update: 0, delete: 0, replace: 0 });
  await byHand("DELETE", "/access/users/monitoring@pve/token/prometheus");
  const healed = must([process.execPath, "dist/cli/heal.js", "--stack", "sandbox"]).stderr;
  expect(healed).toContain("token monitoring@pve!prometheus is gone at Proxmox");
  expect(up("sandbox").errors).toBe("");
  await eventually(
    60,
    () => samples('pve_version_info{version=~"9.*"}').length,
    (found) => found > 0,
  );
});
