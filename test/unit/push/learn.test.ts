import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Answer } from "../../../cli/proxmox/api";
import { openProxmox } from "../../../cli/proxmox/client";
import { learnHostKey, readLearn } from "../../../cli/push/learn";

// Proxmox and `ssh-keyscan` are played: what is under test is what becomes of their answers.
jest.mock("../../../cli/proxmox/client", () => ({ openProxmox: jest.fn() }));

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const other = key.replace("IJdD7y3a", "IOther3a");
const direct = { name: "web", host: "10.0.0.3", port: 22 };
const api = { endpoint: "https://pve.example.net:8006", apiToken: "a@pve!b=canary" };
const agent = { ...direct, agent: { api, node: "pve", vmId: 120 } };
const path = process.env.PATH;
let printed: string;
let folder: string;

function answering(answer: Partial<Answer>): jest.Mock {
  const ask = jest.fn(async () => ({ status: 200, reason: "", data: null, ...answer }));
  jest.mocked(openProxmox).mockResolvedValue({ ask, close: () => undefined });
  return ask;
}

const learn = (input: object) => learnHostKey(JSON.stringify(input));

beforeEach(() => {
  printed = "";
  folder = mkdtempSync(join(tmpdir(), "nixmon-test-"));
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  process.env.PATH = path;
  delete process.env.PULUMI_COMMAND_STDOUT;
  jest.restoreAllMocks();
  jest.mocked(openProxmox).mockReset();
  rmSync(folder, { recursive: true });
});

describe("the host key of a machine made here", () => {
  test("is read through its guest agent where it has one", async () => {
    const ask = answering({ data: { content: `${key} root@web\n` } });
    expect(await learn(agent)).toBe(0);
    expect(printed).toBe(key);
    expect(ask.mock.calls[0]?.slice(0, 2)).toEqual(["GET", "/nodes/pve/qemu/120/agent/file-read"]);
  });

  test("is else its first answer on the network", async () => {
    writeFileSync(join(folder, "ssh-keyscan"), `#!/bin/sh\necho "10.0.0.3 ${key}"\n`);
    chmodSync(join(folder, "ssh-keyscan"), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
    expect(await learn(direct)).toBe(0);
    expect(printed).toBe(key);
  });

  test("that an earlier run learned is kept, and nobody is asked again", async () => {
    process.env.PULUMI_COMMAND_STDOUT = key;
    answering({ data: { content: other } });
    expect(await learn(agent)).toBe(0);
    expect(printed).toBe(key);
    expect(openProxmox).not.toHaveBeenCalled();
  });

  test("control: what an earlier run printed and is no key is not kept", async () => {
    process.env.PULUMI_COMMAND_STDOUT = "unknown";
    answering({ data: { content: other } });
    await learn(agent);
    expect(printed).toBe(other);
  });

  test("that the login may not read is an error with the right to grant and the ways around it", async () => {
    answering({ status: 403, reason: "Permission check failed" });
    await expect(learn(agent)).rejects.toThrow(
      "web: the login may not read the host key through the guest agent (403 Permission check failed). Grant it VM.Monitor " +
        "(Proxmox VE 8) or VM.GuestAgent.FileRead (9) on the machine, or give ssh.hostKey, or set machine.agent: false",
    );
    expect(printed).toBe("");
  });

  test("that does not come within 300 s ends the wait with what to look at", async () => {
    answering({ status: 500, reason: "QEMU guest agent is not running" });
    jest.spyOn(Date, "now").mockReturnValueOnce(0).mockReturnValue(300_001);
    await expect(learn(agent)).rejects.toThrow(
      "web (10.0.0.3 port 22): no ed25519 host key within 300 s; does the machine boot, does its guest agent run",
    );
  });

  test("control: before that it is asked for again", async () => {
    const ask = answering({ status: 500, reason: "QEMU guest agent is not running" });
    ask.mockResolvedValueOnce({ status: 500, reason: "not yet", data: null });
    ask.mockResolvedValueOnce({ status: 200, reason: "", data: { content: key } });
    jest.spyOn(Date, "now").mockReturnValueOnce(0).mockReturnValue(299_000);
    expect(await learn(agent)).toBe(0);
    expect(ask).toHaveBeenCalledTimes(2);
  });
});

describe("stdin", () => {
  test("without an address names host, interface and what to do", () => {
    expect(() => readLearn(JSON.stringify({ ...agent, host: "", discover: "eth0" }))).toThrow(
      /^web: no IPv4 address was found on eth0\. Is there a DHCP server .* `pulumi up --refresh` asks again; or give the host a fixed address$/,
    );
  });

  test("with another mistake lists it; control: a right one is taken as it is", () => {
    expect(() => readLearn(JSON.stringify({ ...direct, port: 0 }))).toThrow("stdin: port: got 0, want a whole number");
    expect(readLearn(JSON.stringify({ ...direct, discover: "eth0" }))).toEqual(direct);
  });
});
