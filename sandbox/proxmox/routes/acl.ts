import { PveError } from "../errors";
import { demand, may, roleOf } from "../permissions";
import { type Call, type Route, route } from "../router";
import type { AclEntry } from "../state";
import { isTrue, list } from "../verify";

/** The subjects that a request names, each of which must exist when something is granted to it. */
function subjects({ api, params }: Call, granting: boolean): Pick<AclEntry, "type" | "ugid">[] {
  const { users, groups } = api.state;
  const found: Pick<AclEntry, "type" | "ugid">[] = [];
  for (const ugid of list(params.users)) {
    if (granting && users[ugid] === undefined) throw new PveError(500, `user '${ugid}' does not exist`);
    found.push({ type: "user", ugid });
  }
  for (const ugid of list(params.groups)) {
    if (granting && groups[ugid] === undefined) throw new PveError(500, `group '${ugid}' does not exist`);
    found.push({ type: "group", ugid });
  }
  for (const ugid of list(params.tokens)) {
    const [userid = "", tokenid = ""] = ugid.split("!");
    if (granting && users[userid]?.tokens[tokenid] === undefined)
      throw new PveError(500, `no such token '${tokenid}' for user '${userid}'`);
    found.push({ type: "token", ugid });
  }
  return found;
}

export const aclRoutes: readonly Route[] = [
  route("GET", "/access/acl", {}, ({ api, who }) =>
    api.state.acl.filter(
      ({ path }) => may(api.state, who, path, "Permissions.Modify") || may(api.state, who, "/access", "Sys.Audit"),
    ),
  ),
  route(
    "PUT",
    "/access/acl",
    {
      path: "path!",
      roles: "string!",
      users: "string",
      groups: "string",
      tokens: "string",
      propagate: "bool",
      delete: "bool",
    },
    (call) => {
      const { api, params } = call;
      const path = params.path ?? "/";
      demand(api.state, call.who, path, "Permissions.Modify");
      const remove = isTrue(params.delete);
      const named = subjects(call, !remove);
      if (named.length === 0)
        throw new PveError(400, "Parameter verification failed.", {
          users: "either 'users', 'groups' or 'tokens' is required.",
        });
      for (const roleid of list(params.roles)) {
        if (!remove && roleOf(api.state, roleid) === undefined)
          throw new PveError(500, `role '${roleid}' does not exist`);
        for (const subject of named) {
          api.state.acl = api.state.acl.filter(
            (entry) =>
              !(
                entry.path === path &&
                entry.roleid === roleid &&
                entry.type === subject.type &&
                entry.ugid === subject.ugid
              ),
          );
          if (!remove)
            api.state.acl.push({
              path,
              roleid,
              ...subject,
              propagate: params.propagate === undefined || isTrue(params.propagate) ? 1 : 0,
            });
        }
      }
      api.save();
      return null;
    },
  ),
];
