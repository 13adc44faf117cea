import { PveError } from "../errors";
import { demand, roleOf } from "../permissions";
import { builtinRoles, privilegesOf } from "../roles";
import { type Call, type Route, route } from "../router";
import { isTrue, list } from "../verify";

/** The privileges that a request names, each of which this version must have. */
function wanted({ api, params }: Call, failed: string): string[] {
  const named = list(params.privs);
  const unknown = named.find((privilege) => !privilegesOf(api.state.version).includes(privilege));
  if (unknown !== undefined) throw new PveError(500, `${failed}: invalid privilege '${unknown}'`);
  return named;
}

export const roleRoutes: readonly Route[] = [
  route("GET", "/access/roles", {}, ({ api }) => [
    ...Object.entries(builtinRoles(api.state.version)).map(([roleid, privs]) => ({
      roleid,
      privs: privs.join(","),
      special: 1,
    })),
    ...Object.entries(api.state.roles).map(([roleid, privs]) => ({ roleid, privs: privs.join(","), special: 0 })),
  ]),
  route("GET", "/access/roles/{roleid}", {}, ({ api, at }) => {
    const privs = roleOf(api.state, at.roleid ?? "");
    if (privs === undefined) throw new PveError(500, `role '${at.roleid}' does not exist`);
    return Object.fromEntries(privs.map((privilege) => [privilege, 1]));
  }),
  route("POST", "/access/roles", { roleid: "id!", privs: "string" }, (call) => {
    demand(call.api.state, call.who, "/access", "Sys.Modify");
    const roleid = call.params.roleid ?? "";
    if (roleOf(call.api.state, roleid) !== undefined)
      throw new PveError(500, `create role failed: role '${roleid}' already exists`);
    call.api.state.roles[roleid] = wanted(call, "create role failed");
    call.api.save();
    return null;
  }),
  route("PUT", "/access/roles/{roleid}", { privs: "string", append: "bool" }, (call) => {
    demand(call.api.state, call.who, "/access", "Sys.Modify");
    const old = call.api.state.roles[call.at.roleid ?? ""];
    if (old === undefined) throw new PveError(500, `role '${call.at.roleid}' does not exist or is built in`);
    call.api.state.roles[call.at.roleid ?? ""] = [
      ...new Set([...(isTrue(call.params.append) ? old : []), ...wanted(call, "update role failed")]),
    ];
    call.api.save();
    return null;
  }),
  route("DELETE", "/access/roles/{roleid}", {}, (call) => {
    demand(call.api.state, call.who, "/access", "Sys.Modify");
    const roleid = call.at.roleid ?? "";
    if (builtinRoles(call.api.state.version)[roleid] !== undefined)
      throw new PveError(500, `auto-generated role '${roleid}' cannot be deleted`);
    if (call.api.state.roles[roleid] === undefined) throw new PveError(500, `role '${roleid}' does not exist`);
    delete call.api.state.roles[roleid];
    call.api.state.acl = call.api.state.acl.filter((entry) => entry.roleid !== roleid);
    call.api.save();
    return null;
  }),
];
