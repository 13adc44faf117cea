import { connect } from "node:net";
import type { ProxmoxClient } from "./client";
import type { ProxmoxFacts, WantedMachine } from "./machine";

type Guest = ProxmoxFacts["guests"][number];

/** Asks the API for what `machineProblems` compares, all at once. */
export async function machineFacts(client: ProxmoxClient, wanted: WantedMachine): Promise<ProxmoxFacts> {
  const list = async <T>(path: string, params?: Record<string, string>): Promise<T[] | undefined> => {
    const { status, data } = await client.ask("GET", path, params);
    return status === 200 && Array.isArray(data) ? (data as T[]) : undefined;
  };
  const at = `/nodes/${wanted.node}`;
  const [nodes, guests, storages, networks, pools, templates, vmIdTaken, addressAnswers] = await Promise.all([
    list<ProxmoxFacts["nodes"][number]>("/nodes"),
    list<Guest>("/cluster/resources", { type: "vm" }),
    list<{ storage: string; content: string }>(`${at}/storage`, { enabled: "1" }),
    list<{ iface: string }>(`${at}/network`, { type: "any_bridge" }),
    list<{ poolid: string }>("/pools"),
    containerTemplates(client, wanted),
    idTaken(client, wanted.vmId),
    wanted.address === undefined ? false : answersSsh(wanted.address),
  ]);
  return {
    nodes: nodes ?? [],
    guests: guests ?? [],
    // An empty list is what a login without rights is shown.
    storages: visible(storages),
    bridges: visible(networks)?.map(({ iface }) => iface),
    pools: pools?.map(({ poolid }) => poolid),
    templates,
    templateDisks: await disksOfTemplate(client, wanted, guests ?? []),
    vmIdTaken,
    addressAnswers,
  };
}

function visible<T>(found: T[] | undefined): T[] | undefined {
  return found === undefined || found.length === 0 ? undefined : found;
}

async function containerTemplates(client: ProxmoxClient, wanted: WantedMachine): Promise<string[] | undefined> {
  if (wanted.templateFile === undefined) return undefined;
  const storage = wanted.templateFile.split(":")[0] ?? "";
  const { status, data } = await client.ask(
    "GET",
    `/nodes/${wanted.node}/storage/${encodeURIComponent(storage)}/content`,
    {
      content: "vztmpl",
    },
  );
  if (status === 403 || status === 595) return undefined;
  return Array.isArray(data) ? (data as { volid: string }[]).map(({ volid }) => volid) : [];
}

/** Asks for the id itself: it can be taken by a guest that this login may not see. */
async function idTaken(client: ProxmoxClient, vmId: number | undefined): Promise<boolean> {
  if (vmId === undefined) return false;
  return (await client.ask("GET", "/cluster/nextid", { vmid: String(vmId) })).status === 400;
}

async function disksOfTemplate(
  client: ProxmoxClient,
  wanted: WantedMachine,
  guests: Guest[],
): Promise<Record<string, number> | undefined> {
  const found = guests.find(({ vmid }) => vmid === wanted.template);
  if (found === undefined || found.type !== "qemu") return undefined;
  const { status, data } = await client.ask("GET", `/nodes/${found.node}/qemu/${found.vmid}/config`);
  if (status !== 200) return undefined;
  const disks = Object.entries(data as Record<string, unknown>).flatMap(([name, value]) => {
    const size = /^(scsi|virtio|sata|ide)\d+$/.test(name) ? sizeOf(String(value)) : undefined;
    return size === undefined ? [] : [[name, size] as const];
  });
  return Object.fromEntries(disks);
}

/** GiB of a disk as a configuration writes it; undefined for a CD, and so for cloud-init's. */
function sizeOf(disk: string): number | undefined {
  if (disk.includes("media=cdrom")) return undefined;
  const [, size, unit] = /,size=(\d+(?:\.\d+)?)([MGT])/.exec(disk) ?? [];
  const inGiB = { M: 1 / 1024, G: 1, T: 1024 }[unit ?? ""];
  return size === undefined || inGiB === undefined ? undefined : Math.ceil(Number(size) * inGiB);
}

/** Whether something speaks at port 22, or refuses there: either way the address is somebody's. */
function answersSsh(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 1500 });
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.on("connect", () => end(true));
    socket.on("timeout", () => end(false));
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
  });
}
