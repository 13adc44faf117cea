import { PveError } from "../errors";
import { guestVolumes } from "../guests";
import { nodeNumbers, STORAGES } from "../hardware";
import { demand, may } from "../permissions";
import { RELEASES } from "../roles";
import { type Call, type Route, route } from "../router";
import type { Volume } from "../state";
import type { Task } from "../tasks";

function auditNode({ api, who, at }: Call): void {
  demand(api.state, who, `/nodes/${at.node}`, "Sys.Audit");
}

function shownTask(task: Task) {
  const { log: _log, ...shown } = task;
  return { ...shown, status: task.endtime === undefined ? "running" : "stopped", pid: process.pid, pstart: 1 };
}

function storageOf({ at }: Call) {
  const storage = STORAGES.find((entry) => entry.storage === at.storage);
  if (storage === undefined) throw new PveError(500, `storage '${at.storage}' does not exist`);
  return storage;
}

function storageStatus(storage: (typeof STORAGES)[number]) {
  return {
    ...storage,
    avail: storage.total - storage.used,
    used_fraction: storage.used / storage.total,
    active: 1,
    enabled: 1,
  };
}

function volumes({ api }: Call): Volume[] {
  return [...api.state.volumes, ...guestVolumes(api.state)];
}

const tasks: Route[] = [
  route("GET", "/nodes/{node}/tasks", {}, ({ api }) => api.tasks.list().map(shownTask)),
  route("GET", "/nodes/{node}/tasks/{upid}/status", {}, ({ api, at }) => shownTask(api.tasks.get(at.upid ?? ""))),
  route("GET", "/nodes/{node}/tasks/{upid}/log", { start: "int", limit: "int" }, ({ api, at, params }) => {
    const start = Number(params.start ?? 0);
    return api.tasks
      .get(at.upid ?? "")
      .log.map((t, i) => ({ n: i + 1, t }))
      .slice(start, start + Number(params.limit ?? 50));
  }),
  route("DELETE", "/nodes/{node}/tasks/{upid}", {}, () => null),
];

const storages: Route[] = [
  route("GET", "/storage", { type: "string" }, ({ api, who }) =>
    STORAGES.filter(({ storage }) => may(api.state, who, `/storage/${storage}`, "Datastore.Audit")).map(
      ({ storage, type, content, shared }) => ({ storage, type, content, shared }),
    ),
  ),
  route("GET", "/storage/{storage}", {}, (call) => {
    const found = storageOf(call);
    demand(call.api.state, call.who, `/storage/${found.storage}`, "Datastore.Audit", "Datastore.Allocate");
    return { storage: found.storage, type: found.type, content: found.content, shared: found.shared };
  }),
  route(
    "GET",
    "/nodes/{node}/storage",
    { content: "string", enabled: "bool", format: "bool", storage: "string", target: "string" },
    ({ api, who }) =>
      STORAGES.filter(({ storage }) => may(api.state, who, `/storage/${storage}`, "Datastore.Audit")).map(
        storageStatus,
      ),
  ),
  route("GET", "/nodes/{node}/storage/{storage}/status", {}, (call) => storageStatus(storageOf(call))),
  route("GET", "/nodes/{node}/storage/{storage}/content", { content: "string", vmid: "vmid" }, (call) => {
    const { storage } = storageOf(call);
    demand(call.api.state, call.who, `/storage/${storage}`, "Datastore.Audit", "Datastore.AllocateSpace");
    return volumes(call).filter(
      ({ volid, content }) => volid.startsWith(`${storage}:`) && (call.params.content ?? content) === content,
    );
  }),
  route("GET", "/nodes/{node}/storage/{storage}/content/{volume}", {}, (call) => {
    const volid = `${storageOf(call).storage}:${(call.at.volume ?? "").replace(/^[^:]*:/, "")}`;
    const volume = volumes(call).find((entry) => entry.volid === volid);
    if (volume === undefined) throw new PveError(500, `volume_size_info on '${volid}' failed - no such volume`);
    return { ...volume, used: volume.size, path: `/var/lib/vz/${volid.split(":")[1]}` };
  }),
  route("DELETE", "/nodes/{node}/storage/{storage}/content/{volume}", { delay: "int" }, (call) => {
    const { storage } = storageOf(call);
    demand(call.api.state, call.who, `/storage/${storage}`, "Datastore.Allocate");
    const volid = `${storage}:${(call.at.volume ?? "").replace(/^[^:]*:/, "")}`;
    call.api.state.volumes = call.api.state.volumes.filter((entry) => entry.volid !== volid);
    call.api.save();
    return call.api.tasks.start(call.at.node ?? "", "imgdel", volid, call.who.userid, async () => {});
  }),
];

const node: Route[] = [
  route("GET", "/nodes", {}, ({ api, who }) =>
    api.state.nodes.map((name) => ({
      id: `node/${name}`,
      type: "node",
      node: name,
      status: "online",
      level: "",
      ...(may(api.state, who, `/nodes/${name}`, "Sys.Audit") ? nodeNumbers() : {}),
    })),
  ),
  route("GET", "/nodes/{node}/version", {}, ({ api }) => RELEASES[api.state.version]),
  route("GET", "/nodes/{node}/status", {}, (call) => {
    auditNode(call);
    const numbers = nodeNumbers();
    return {
      uptime: numbers.uptime,
      cpu: numbers.cpu,
      wait: 0,
      loadavg: ["0.10", "0.10", "0.10"],
      pveversion: `pve-manager/${RELEASES[call.api.state.version].version}/simulated`,
      kversion: "Linux simulated",
      cpuinfo: {
        cpus: numbers.maxcpu,
        cores: numbers.maxcpu,
        sockets: 1,
        model: "simulated",
        mhz: "1000",
        hvm: "1",
        flags: "",
      },
      memory: { total: numbers.maxmem, used: numbers.mem, free: numbers.maxmem - numbers.mem },
      swap: { total: 0, used: 0, free: 0 },
      rootfs: {
        total: numbers.maxdisk,
        used: numbers.disk,
        avail: numbers.maxdisk - numbers.disk,
        free: numbers.maxdisk - numbers.disk,
      },
    };
  }),
  route("GET", "/nodes/{node}/network", { type: "string" }, (call) => {
    auditNode(call);
    return call.api.state.bridges.map((iface) => ({
      iface,
      type: "bridge",
      active: 1,
      autostart: 1,
      method: "static",
      families: ["inet"],
      priority: 1,
    }));
  }),
  route("GET", "/nodes/{node}/dns", {}, (call) => {
    auditNode(call);
    return { search: "sandbox.test", dns1: "10.231.77.1" };
  }),
  route("GET", "/nodes/{node}/time", {}, () => ({
    timezone: "UTC",
    time: Math.floor(Date.now() / 1000),
    localtime: Math.floor(Date.now() / 1000),
  })),
  route("GET", "/nodes/{node}/subscription", {}, () => ({
    status: "notfound",
    message: "There is no subscription key (simulated node)",
  })),
  route("GET", "/nodes/{node}/replication", { guest: "vmid" }, () => []),
  route("GET", "/nodes/{node}/capabilities/qemu/cpu", {}, () => [
    { name: "host", custom: 0, vendor: "default" },
    { name: "x86-64-v2-AES", custom: 0, vendor: "default" },
  ]),
];

export const nodeRoutes: readonly Route[] = [...node, ...tasks, ...storages];
