import type { Answer } from "../../../cli/proxmox/api";
import { openProxmox } from "../../../cli/proxmox/client";
import { proxmoxLogin, proxmoxMachine, proxmoxToken } from "../../../cli/proxmox/verbs";

// The API is played by a table of its answers: what is under test is what is asked, and what becomes of it.
jest.mock("../../../cli/proxmox/client", () => ({ openProxmox: jest.fn() }));

const api = { endpoint: "https://pve.example.net:8006", apiToken: "nixmon@pve!deploy=canary" };
let printed: string;

/** @returns the paths that were asked */
function answering(data: Record<string, unknown>, refused: Record<string, number> = {}): string[] {
  const asked: string[] = [];
  const ask = async (_: string, path: string): Promise<Answer> => {
    asked.push(path);
    return { status: refused[path] ?? 200, reason: "", data: data[path] ?? [] };
  };
  jest.mocked(openProxmox).mockResolvedValue({ ask, close: () => undefined });
  return asked;
}

beforeEach(() => {
  printed = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.mocked(openProxmox).mockReset();
});

describe("the login", () => {
  const version = { "/version": { release: "8.4" } };
  const may = (...privileges: string[]) => ({
    "/access/permissions": { "/vms": Object.fromEntries(privileges.map((privilege) => [privilege, 1])) },
  });
  const login = (makes: string[]) => proxmoxLogin(JSON.stringify({ api, makes }));

  test("that may not make what the stack makes is refused by its name and what it lacks, never by its secret", async () => {
    answering({ ...version, ...may("VM.Audit") });
    const refused = login(["clone"]);
    await expect(refused).rejects.toThrow(
      "Proxmox API https://pve.example.net:8006: the login of token nixmon@pve!deploy may not do all that this stack makes; " +
        "nothing was changed. It lacks\n  to clone templates: VM.Clone on /vms\n",
    );
    await expect(refused).rejects.not.toThrow("canary");
    expect(printed).toBe("");
  });

  test("that may is accepted, and its answer is the release; control for the one that may not", async () => {
    answering({ ...version, ...may("VM.Clone") });
    expect(await login(["clone"])).toBe(0);
    expect(printed).toBe("8.4\n");
  });

  test("of a stack that makes nothing, or that may not ask what it may do, is not judged", async () => {
    const asked = answering(version);
    expect(await login([])).toBe(0);
    expect(asked).toEqual(["/version"]);
    answering(version, { "/access/permissions": 403 });
    expect(await login(["clone"])).toBe(0);
  });
});

test("a monitoring token without a value is told as the imported one it is, and no other login is tried in its place", async () => {
  answering({});
  await expect(proxmoxToken(JSON.stringify({ api: { endpoint: api.endpoint } }))).rejects.toThrow(
    "the monitoring token was imported, and Proxmox shows a token's value only when it makes it. Give `nixmon:rotation: { proxmoxToken: N }`",
  );
  expect(openProxmox).not.toHaveBeenCalled();
  // control: one with a value is tried
  await expect(proxmoxToken(JSON.stringify({ api }))).rejects.toThrow("nixmon@pve!deploy: the token is valid but");
  expect(openProxmox).toHaveBeenCalledTimes(1);
});

describe("the check of a machine", () => {
  const machine = { host: "web", type: "vm", node: "pve", bridge: "vmbr0", datastores: [], diskGiB: 20 };
  const cluster = {
    "/nodes": [{ node: "pve", status: "online" }],
    "/cluster/resources": [{ vmid: 9000, name: "nixos", node: "pve", type: "qemu", template: 1 }],
    "/nodes/pve/qemu/9000/config": {
      virtio0: "local-lvm:base-9000-disk-0,size=4G",
      ide2: "local-lvm:vm-9000-cloudinit,media=cdrom,size=4M",
    },
  };
  const check = (more: object) => proxmoxMachine(JSON.stringify({ api, machine: { ...machine, ...more } }));

  test("answers where its template has the root disk", async () => {
    answering(cluster);
    expect(await check({ template: 9000 })).toBe(0);
    expect(printed).toBe("virtio0");
  });

  test("answers nothing for an imported disk; control", async () => {
    answering(cluster);
    expect(await check({})).toBe(0);
    expect(printed).toBe("");
  });

  test("names the template's place when the configuration has another one", async () => {
    answering(cluster);
    await expect(check({ template: 9000, rootDisk: "scsi0" })).rejects.toThrow(
      "web: the machine can not be made as configured; nothing was changed:\n  rootDisk: got scsi0, want where the template's disk is: virtio0",
    );
  });
});
