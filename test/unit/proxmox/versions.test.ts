import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { openProxmox } from "../../../cli/proxmox/client";
import { missingRights, type Permissions } from "../../../cli/proxmox/makes";
import { rightsProblem, tokenRights } from "../../../cli/proxmox/rights";
import { proxmoxLogin } from "../../../cli/proxmox/verbs";
import { learnHostKey } from "../../../cli/push/learn";
import type { Version } from "../../../sandbox/proxmox/roles";
import { finished, simulated } from "../sandbox/simulated";

/** What differs between Proxmox VE 8 and 9, seen by what asks it. */
jest.mock("../../../cli/proxmox/client", () => ({ openProxmox: jest.fn() }));

const api = { endpoint: "https://pve.example.net:8006" };
const guide = readFileSync(resolve(__dirname, "../../../docs/machines.md"), "utf8");
const ofGuide = (pattern: RegExp) => (pattern.exec(guide)?.[1] ?? "").split(/[ ,]/);
const everything = ["agent", "clone", "image", "lxc", "startOrder", "token", "vm"] as const;
const monitoring = "monitoring@pve";
let printed: string;

beforeEach(() => {
  printed = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

/** A user of that version with these roles on `/`, and a token without privilege separation. */
function loginWith(version: Version, roles: readonly string[], own: string[] = []) {
  const pve = simulated(version);
  const { state } = pve.api;
  const deploy = { expire: 0, privsep: 0, value: "uuid" } as const;
  state.users["nixmon@pve"] = { enable: 1, expire: 0, groups: [], password: "", tokens: { deploy } };
  state.roles.Own = own;
  for (const roleid of [...roles, "Own"])
    state.acl.push({ path: "/", type: "user", ugid: "nixmon@pve", roleid, propagate: 1 });
  return { pve, client: pve.client({ authorization: "PVEAPIToken=nixmon@pve!deploy=uuid" }) };
}

describe.each<[Version, string, string[]]>([
  [8, "8.4", ["VM.Monitor"]],
  [9, "9.0", ["VM.GuestAgent.FileRead", "VM.GuestAgent.Audit"]],
])("at Proxmox VE %d", (version, release, forAgent) => {
  const other: Version = version === 8 ? 9 : 8;

  test("the documented roles may make everything; control: with an auditor's alone nothing can be made", async () => {
    const roles = ofGuide(/--roles (\S+)$/m).filter((name) => name !== "NixmonDeploy");
    const held = async (names: readonly string[], own: string[]) =>
      (await loginWith(version, names, own).client.ask("GET", "/access/permissions")).data as Permissions;
    expect(missingRights(everything, await held(roles, ofGuide(/--privs "(.+)"$/m)))).toEqual([]);
    expect(missingRights(everything, await held(["PVEAuditor"], []))).toHaveLength(8);
  });

  test("the release is what the login answers", async () => {
    jest.mocked(openProxmox).mockResolvedValue(loginWith(version, ["PVEAuditor"]).client);
    expect(await proxmoxLogin(JSON.stringify({ api, makes: [] }))).toBe(0);
    expect(printed).toBe(`${release}\n`);
  });

  test("a role of privileges of the other version is refused", async () => {
    const root = (privs: string) => simulated(version).root("POST", "/access/roles", { roleid: "X", privs });
    const [foreign] = other === 8 ? ["VM.Monitor"] : ["VM.GuestAgent.Audit"];
    expect((await root(`VM.Audit ${forAgent[0]}`)).status).toBe(200);
    expect(await root(`VM.Audit ${foreign}`)).toMatchObject({
      status: 500,
      reason: `create role failed: invalid privilege '${foreign}'`,
    });
  });

  describe("the host key", () => {
    /** @param privileges what the login has beside an auditor's */
    async function learned(privileges: string[]) {
      const { pve, client } = loginWith(version, ["PVEAuditor"], privileges);
      await finished(pve, await pve.root("POST", "/nodes/pve1/qemu/9000/clone", { newid: "120", name: "web" }));
      await pve.root("PUT", "/nodes/pve1/qemu/120/config", { ipconfig0: "ip=10.231.77.50/24" });
      await finished(pve, await pve.root("POST", "/nodes/pve1/qemu/120/status/start"));
      jest.mocked(openProxmox).mockResolvedValue(client);
      const agent = { api, node: "pve1", vmId: 120 };
      return learnHostKey(JSON.stringify({ name: "web", host: "10.231.77.50", port: 22, agent }));
    }

    test(`is read through the guest agent by who has ${forAgent[0]}`, async () => {
      expect(await learned(forAgent)).toBe(0);
      expect(printed).toBe("ssh-ed25519 AAAA");
    });

    test("is not read by an auditor, who is told what to grant", async () => {
      const wanted = version === 8 ? "VM.Monitor" : "VM.GuestAgent.FileRead|VM.GuestAgent.Unrestricted";
      await expect(learned([])).rejects.toThrow(
        `may not read the host key through the guest agent (403 Permission check failed (/vms/120, ${wanted})). Grant it VM.Monitor`,
      );
    });
  });

  describe("a monitoring token", () => {
    async function problemWith(roles: string) {
      const pve = simulated(version);
      await pve.root("POST", "/access/users", { userid: monitoring });
      const { body } = await pve.root("POST", `/access/users/${monitoring}/token/prometheus`);
      const { "full-tokenid": id, value } = body.data as Record<string, string>;
      for (const to of [{ users: monitoring }, { tokens: String(id) }] as Record<string, string>[])
        await pve.root("PUT", "/access/acl", { path: "/", roles, ...to });
      const client = pve.client({ authorization: `PVEAPIToken=${id}=${value}` });
      return rightsProblem(String(id), await tokenRights(client, 0));
    }

    test("with PVEAuditor is taken, whatever an auditor may see of that version", async () => {
      expect(await problemWith("PVEAuditor")).toBeUndefined();
    });

    test("that may do more is refused; control", async () => {
      expect(await problemWith("PVEVMUser")).toContain("may do more than look: VM.Backup");
    });
  });
});
