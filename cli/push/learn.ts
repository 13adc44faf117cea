import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProxmoxApi } from "../proxmox/api";
import { openProxmox, type ProxmoxClient } from "../proxmox/client";
import { proxmoxApi } from "../proxmox/input";
import { InputError, noAddress, Reader } from "./input";
import { say } from "./reach";

/** Seconds that a machine may take from its creation to its first answer. */
const bootLimit = 300;

const keyFile = "/etc/ssh/ssh_host_ed25519_key.pub";

export interface LearnInput {
  name: string;
  host: string;
  port: number;
  /** The guest agent to ask, where there is one: its answer comes over the verified API, not over the network that SSH uses. */
  agent?: { api: ProxmoxApi; node: string; vmId: number } | undefined;
}

/** Prints the ed25519 host key of a newly made machine, once it has one. From then on it is pinned. */
export async function learnHostKey(text: string): Promise<number> {
  const input = readLearn(text);
  const { name, host, port, agent } = input;
  // What an earlier run of the same resource printed: the machine is the same, so its key stays.
  const known = publicKey(process.env.PULUMI_COMMAND_STDOUT ?? "");
  if (known !== undefined) {
    process.stdout.write(known);
    return 0;
  }
  const client = agent === undefined ? undefined : await openProxmox(agent.api);
  try {
    const look = client === undefined ? () => scan(host, port) : () => askAgent(client, input);
    process.stdout.write(await untilKey(input, look));
  } finally {
    client?.close();
  }
  const how = client === undefined ? "taken from its first answer on the network" : "read through its guest agent";
  say(name, `SSH host key ${how}; it is pinned from now on`);
  return 0;
}

export function readLearn(text: string): LearnInput {
  const reader = new Reader(text);
  const { agent, host, discover } = reader.fields;
  const name = reader.name("name", reader.fields.name);
  if (host === "") throw new InputError(noAddress(name, typeof discover === "string" ? discover : undefined));
  const from = agent === undefined ? {} : reader.object("agent", agent);
  return reader.finish({
    name,
    host: reader.address("host", host),
    port: reader.number("port", reader.fields.port, 1, 65_535),
    ...(agent === undefined
      ? {}
      : {
          agent: {
            api: proxmoxApi(reader, from.api),
            node: reader.name("agent.node", from.node),
            vmId: reader.number("agent.vmId", from.vmId, 100, 999_999_999),
          },
        }),
  });
}

async function untilKey({ name, host, port, agent }: LearnInput, look: () => Promise<string>): Promise<string> {
  const started = Date.now();
  let told = started;
  for (;;) {
    const key = publicKey(await look());
    if (key !== undefined) return key;
    const now = Date.now();
    if (now - started > bootLimit * 1000) {
      const doubt =
        agent === undefined
          ? "has it this address, does sshd run"
          : "does its guest agent run (services.qemuGuest.enable), has sshd made";
      throw new Error(
        `${name} (${host} port ${port}): no ed25519 host key within ${bootLimit} s; does the machine boot, ${doubt} with an ed25519 key?`,
      );
    }
    if (now - told > 15_000) {
      say(name, `waiting for its SSH host key, ${Math.round((now - started) / 1000)} s`);
      told = now;
    }
    await sleep(500);
  }
}

/** The key in a line of `ssh-keyscan` or of a public key file, without the host's name or comment. */
export function publicKey(text: string): string | undefined {
  return /^(?:\S+ )?(ssh-ed25519 [A-Za-z0-9+/=]+)(?: .*)?$/m.exec(text)?.[1];
}

function scan(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ["-T", "5", "-t", "ed25519", "-p", String(port), "--", host];
    execFile("ssh-keyscan", args, { env: process.env, timeout: 10_000 }, (error, stdout) => {
      const missing = (error as NodeJS.ErrnoException | null)?.code === "ENOENT";
      if (missing) reject(new Error("`ssh-keyscan` is not on the PATH: install the OpenSSH client"));
      else resolve(stdout);
    });
  });
}

/** The file's text; "" as long as the agent does not answer. */
async function askAgent(client: ProxmoxClient, { name, agent }: LearnInput): Promise<string> {
  const path = `/nodes/${agent?.node}/qemu/${agent?.vmId}/agent/file-read`;
  const { status, reason, data } = await client.ask("GET", path, { file: keyFile });
  if (status === 200) return (data as { content?: string } | null)?.content ?? "";
  if (status === 403) {
    throw new InputError(
      `${name}: the login may not read the host key through the guest agent (403 ${reason}). Grant it VM.Monitor (Proxmox VE 8) or ` +
        "VM.GuestAgent.FileRead (9) on the machine, or give ssh.hostKey, or set machine.agent: false to take the key from the network",
    );
  }
  return "";
}
