import { PveError } from "../errors";
import { guestOf, isRunning, machineSpec } from "../guests";
import { type Call, type Route, route } from "../router";
import type { Guest } from "../state";

/** Files that the agent hands out: what a client needs to pin a host's SSH key, and nothing private. */
const READABLE = /^\/etc\/(ssh\/ssh_host_[a-z0-9]+_key\.pub|hostname|machine-id|os-release)$/;

/** Interfaces in the shape that both the agent and the container API use. */
function interfaces(call: Call, guest: Guest) {
  const { address, mac } = machineSpec(call.api, guest);
  const [ip = "", prefix = "24"] = address.split("/");
  return [
    { name: "lo", mac: "00:00:00:00:00:00", ip: "127.0.0.1", prefix: 8 },
    { name: "eth0", mac: mac.toLowerCase(), ip, prefix: Number(prefix) },
  ];
}

/** @param privilege what Proxmox VE 9 asks for; 8 has one for all that the agent does */
function answering(call: Call, privilege: "Audit" | "FileRead"): Guest {
  const since9 = [`VM.GuestAgent.${privilege}`, "VM.GuestAgent.Unrestricted"];
  const guest = guestOf(call, "qemu", ...(call.api.state.version === 8 ? ["VM.Monitor"] : since9));
  if (!/(^|,)(enabled=)?1(,|$)/.test(String(guest.config.agent ?? "")))
    throw new PveError(500, "No QEMU guest agent configured");
  if (!isRunning(call.api, guest)) throw new PveError(500, `VM ${guest.vmid} is not running`);
  return guest;
}

export const agentRoutes: readonly Route[] = [
  route("POST", "/nodes/{node}/qemu/{vmid}/agent/ping", {}, (call) => {
    answering(call, "Audit");
    return { result: {} };
  }),
  route("GET", "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces", {}, (call) => ({
    result: interfaces(call, answering(call, "Audit")).map(({ name, mac, ip, prefix }) => ({
      name,
      "hardware-address": mac,
      "ip-addresses": [{ "ip-address": ip, "ip-address-type": "ipv4", prefix }],
    })),
  })),
  route("GET", "/nodes/{node}/qemu/{vmid}/agent/get-host-name", {}, (call) => ({
    result: { "host-name": answering(call, "Audit").machine },
  })),
  route("GET", "/nodes/{node}/qemu/{vmid}/agent/file-read", { file: "string!" }, (call) => {
    const { machine } = answering(call, "FileRead");
    const file = call.params.file ?? "";
    const content = READABLE.test(file) ? call.api.hypervisor.readFile(machine, file) : undefined;
    if (content === undefined)
      throw new PveError(500, `Agent error: failed to open file '${file}' (mode: 'r'): No such file or directory`);
    return { content, "bytes-read": Buffer.byteLength(content) };
  }),
  route("PUT", "/nodes/{node}/qemu/{vmid}/cloudinit", {}, (call) => {
    guestOf(call, "qemu", "VM.Config.Cloudinit");
    return null;
  }),
  route("GET", "/nodes/{node}/lxc/{vmid}/interfaces", {}, (call) => {
    const guest = guestOf(call, "lxc");
    if (!isRunning(call.api, guest)) return [];
    return interfaces(call, guest).map(({ name, mac, ip, prefix }) => ({
      name,
      hwaddr: mac,
      "hardware-address": mac,
      inet: `${ip}/${prefix}`,
      "ip-addresses": [{ "ip-address": ip, "ip-address-type": "inet", prefix: String(prefix) }],
    }));
  }),
];
