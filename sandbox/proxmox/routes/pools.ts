import { PveError } from "../errors";
import { demand, may } from "../permissions";
import { type Call, type Route, route } from "../router";
import { isTrue, list } from "../verify";

/** Rights come first: whoever lacks them does not learn whether the pool is there. */
function poolOf({ api, who, at, params }: Call, privilege: string) {
  const id = at.poolid ?? params.poolid ?? "";
  demand(api.state, who, `/pool/${id}`, privilege);
  const pool = api.state.pools[id];
  if (pool === undefined) throw new PveError(500, `pool '${id}' does not exist`);
  return { id, pool };
}

/** One pool with its members, as GET /pools?poolid=X and GET /pools/X show it. */
function shown(call: Call) {
  const { id, pool } = poolOf(call, "Pool.Audit");
  const members = pool.vms.flatMap((vmid) => {
    const guest = call.api.state.guests[String(vmid)];
    return guest === undefined
      ? []
      : [
          {
            id: `${guest.kind}/${vmid}`,
            node: guest.node,
            type: guest.kind,
            vmid,
            name: guest.config.name ?? guest.config.hostname,
          },
        ];
  });
  return { poolid: id, ...(pool.comment === undefined ? {} : { comment: pool.comment }), members };
}

function update(call: Call): null {
  const { id, pool } = poolOf(call, "Pool.Allocate");
  const { api, params } = call;
  if (params.comment !== undefined) pool.comment = params.comment;
  for (const vmid of list(params.vms).map(Number)) {
    if (api.state.guests[String(vmid)] === undefined) throw new PveError(500, `VM ${vmid} does not exist`);
    const elsewhere = Object.entries(api.state.pools).find(([other, { vms }]) => other !== id && vms.includes(vmid));
    if (isTrue(params.delete)) {
      if (!pool.vms.includes(vmid)) throw new PveError(500, `VM ${vmid} is not a pool member`);
      pool.vms = pool.vms.filter((member) => member !== vmid);
    } else {
      if (elsewhere !== undefined && !isTrue(params["allow-move"]))
        throw new PveError(500, `VM ${vmid} belongs already to pool '${elsewhere[0]}' and 'allow-move' is not set`);
      if (elsewhere !== undefined) elsewhere[1].vms = elsewhere[1].vms.filter((member) => member !== vmid);
      pool.vms = [...new Set([...pool.vms, vmid])];
    }
  }
  for (const storage of list(params.storage)) {
    pool.storage = pool.storage.filter((member) => member !== storage);
    if (!isTrue(params.delete)) pool.storage.push(storage);
  }
  api.save();
  return null;
}

function remove(call: Call): null {
  const { id, pool } = poolOf(call, "Pool.Allocate");
  if (pool.vms.length + pool.storage.length > 0)
    throw new PveError(500, `delete pool failed: pool '${id}' is not empty`);
  delete call.api.state.pools[id];
  call.api.save();
  return null;
}

const UPDATE = { comment: "string", vms: "string", storage: "string", delete: "bool", "allow-move": "bool" } as const;

export const poolRoutes: readonly Route[] = [
  route("GET", "/pools", { poolid: "id", type: "string" }, (call) => {
    if (call.params.poolid !== undefined) return [shown(call)];
    const { api, who } = call;
    return Object.entries(api.state.pools)
      .filter(([id]) => may(api.state, who, `/pool/${id}`, "Pool.Audit"))
      .map(([poolid, { comment }]) => ({ poolid, comment }));
  }),
  route("POST", "/pools", { poolid: "id!", comment: "string" }, ({ api, who, params }) => {
    const poolid = params.poolid ?? "";
    demand(api.state, who, `/pool/${poolid}`, "Pool.Allocate");
    if (api.state.pools[poolid] !== undefined)
      throw new PveError(500, `create pool failed: pool '${poolid}' already exists`);
    api.state.pools[poolid] = {
      ...(params.comment === undefined ? {} : { comment: params.comment }),
      vms: [],
      storage: [],
    };
    api.save();
    return null;
  }),
  route("GET", "/pools/{poolid}", {}, shown),
  route("PUT", "/pools", { poolid: "id!", ...UPDATE }, update),
  route("PUT", "/pools/{poolid}", UPDATE, update),
  route("DELETE", "/pools", { poolid: "id!" }, remove),
  route("DELETE", "/pools/{poolid}", {}, remove),
];
