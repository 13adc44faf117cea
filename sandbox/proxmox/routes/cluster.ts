import { PveError } from "../errors";
import { guestStatus } from "../guests";
import { nodeNumbers, STORAGES } from "../hardware";
import { demand, guestPrivileges, may } from "../permissions";
import { RELEASES } from "../roles";
import { type Call, type Route, route } from "../router";

/** What one line of /cluster/resources says of a guest. */
function guestResources({ api, who }: Call) {
  return Object.values(api.state.guests)
    .filter((guest) => guestPrivileges(api.state, who, guest.vmid).has("VM.Audit"))
    .map((guest) => {
      const pool = Object.entries(api.state.pools).find(([, { vms }]) => vms.includes(guest.vmid))?.[0];
      return {
        id: `${guest.kind}/${guest.vmid}`,
        type: guest.kind,
        node: guest.node,
        ...(pool === undefined ? {} : { pool }),
        ...guestStatus(api, guest),
      };
    });
}

/** Nodes are shown to everybody, without their numbers to those who may not audit them: as Proxmox VE does. */
function nodeResources({ api, who }: Call) {
  return api.state.nodes.map((node) => ({
    id: `node/${node}`,
    type: "node",
    node,
    status: "online",
    level: "",
    "cgroup-mode": 2,
    ...(may(api.state, who, `/nodes/${node}`, "Sys.Audit") ? nodeNumbers() : {}),
  }));
}

function storageResources({ api, who }: Call) {
  return api.state.nodes.flatMap((node) =>
    STORAGES.filter(({ storage }) => may(api.state, who, `/storage/${storage}`, "Datastore.Audit")).map(
      ({ storage, type, content, shared, total, used }) => ({
        id: `storage/${node}/${storage}`,
        type: "storage",
        node,
        storage,
        plugintype: type,
        content,
        shared,
        status: "available",
        maxdisk: total,
        disk: used,
      }),
    ),
  );
}

function nextId({ api, params }: Call): string {
  const wanted = params.vmid;
  if (wanted !== undefined) {
    if (api.state.guests[wanted] !== undefined)
      throw new PveError(400, "Parameter verification failed.", { vmid: `VM ${wanted} already exists` });
    return wanted;
  }
  let id = 100;
  while (api.state.guests[String(id)] !== undefined) id += 1;
  return String(id);
}

export const clusterRoutes: readonly Route[] = [
  route("GET", "/version", {}, ({ api }) => RELEASES[api.state.version]),
  route("GET", "/cluster/status", {}, ({ api, who }) => {
    demand(api.state, who, "/", "Sys.Audit");
    return [
      { id: "cluster", type: "cluster", name: "sandbox", nodes: api.state.nodes.length, quorate: 1, version: 1 },
      ...api.state.nodes.map((name, i) => ({
        id: `node/${name}`,
        type: "node",
        name,
        nodeid: i + 1,
        ip: "127.0.0.1",
        online: 1,
        local: i === 0 ? 1 : 0,
        level: "",
      })),
    ];
  }),
  route("GET", "/cluster/resources", { type: "string" }, (call) => {
    const kinds: Record<string, () => object[]> = {
      vm: () => guestResources(call),
      node: () => nodeResources(call),
      storage: () => storageResources(call),
      sdn: () => [],
    };
    const { type } = call.params;
    if (type === undefined) return Object.values(kinds).flatMap((all) => all());
    const one = kinds[type];
    if (one === undefined)
      throw new PveError(400, "Parameter verification failed.", {
        type: `value '${type}' does not have a value in the enumeration 'vm, storage, node, sdn'`,
      });
    return one();
  }),
  route("GET", "/cluster/nextid", { vmid: "vmid" }, nextId),
  route("GET", "/cluster/options", {}, () => ({ keyboard: "en-us" })),
  route("GET", "/cluster/backup-info/not-backed-up", {}, ({ api, who }) =>
    Object.values(api.state.guests)
      .filter(({ vmid }) => guestPrivileges(api.state, who, vmid).has("VM.Audit"))
      .map((guest) => ({ vmid: guest.vmid, name: guest.config.name ?? guest.config.hostname, type: guest.kind })),
  ),
  route("GET", "/cluster/ha/resources", { type: "string" }, ({ api, who }) => {
    demand(api.state, who, "/", "Sys.Audit");
    return [];
  }),
  route("GET", "/cluster/ha/resources/{sid}", {}, ({ at }) => {
    throw new PveError(500, `no such resource '${at.sid}'`);
  }),
  route("GET", "/cluster/ha/status/current", {}, () => []),
  route("GET", "/cluster/config/qdevice", {}, () => ({})),
  route("GET", "/cluster/tasks", {}, ({ api }) => api.tasks.list()),
];
