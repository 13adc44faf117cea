import { PveError } from "../errors";
import { BUILTIN_ROLES, demand, roleOf } from "../permissions";
import { type Route, route } from "../router";
import { isTrue, list } from "../verify";

export const roleRoutes: readonly Route[] = [
  route("GET", "/access/roles", {}, ({ api }) => [
    ...Object.entries(BUILTIN_ROLES).map(([roleid, privs]) => ({ roleid, privs: privs.join(","), special: 1 })),
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
    call.api.state.roles[roleid] = list(call.params.privs);
    call.api.save();
    return null;
  }),
  route("PUT", "/access/roles/{roleid}", { privs: "string", append: "bool" }, (call) => {
    demand(call.api.state, call.who, "/access", "Sys.Modify");
    const old = call.api.state.roles[call.at.roleid ?? ""];
    if (old === undefined) throw new PveError(500, `role '${call.at.roleid}' does not exist or is built in`);
    call.api.state.roles[call.at.roleid ?? ""] = [
      ...new Set([...(isTrue(call.params.append) ? old : []), ...list(call.params.privs)]),
    ];
    call.api.save();
    return null;
  }),
  route("DELETE", "/access/roles/{roleid}", {}, (call) => {
    demand(call.api.state, call.who, "/access", "Sys.Modify");
    const roleid = call.at.roleid ?? "";
    if (BUILTIN_ROLES[roleid] !== undefined)
      throw new PveError(500, `auto-generated role '${roleid}' cannot be deleted`);
    if (call.api.state.roles[roleid] === undefined) throw new PveError(500, `role '${roleid}' does not exist`);
    delete call.api.state.roles[roleid];
    call.api.state.acl = call.api.state.acl.filter((entry) => entry.roleid !== roleid);
    call.api.save();
    return null;
  }),
];
