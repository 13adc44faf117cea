import { hashPassword, newTokenValue } from "../auth";
import { badParameters, PveError } from "../errors";
import { demand, fullTokenId, may, privileges } from "../permissions";
import { type Call, type Route, route } from "../router";
import type { Token, User } from "../state";
import { isTrue, list } from "../verify";

const USER = {
  comment: "string",
  email: "string",
  firstname: "string",
  lastname: "string",
  keys: "string",
  enable: "bool",
  expire: "int",
  groups: "string",
} as const;
const TOKEN = { comment: "string", expire: "int", privsep: "bool" } as const;

function userOf({ api, at }: Call): { userid: string; user: User } {
  const userid = at.userid ?? "";
  const user = api.state.users[userid];
  if (user === undefined) throw new PveError(500, `no such user ('${userid}')`);
  return { userid, user };
}

function tokenOf(call: Call): { user: User; tokenid: string; token: Token } {
  const { userid, user } = userOf(call);
  const tokenid = call.at.tokenid ?? "";
  const token = user.tokens[tokenid];
  if (token === undefined) throw new PveError(500, `no such token '${tokenid}' for user '${userid}'`);
  return { user, tokenid, token };
}

function mayEditUsers(call: Call): void {
  demand(call.api.state, call.who, "/access/groups", "User.Modify");
}

/** Users are made and removed by whoever may do so in their realm. */
function mayAllocate(call: Call, userid: string): void {
  demand(call.api.state, call.who, `/access/realm/${userid.split("@").pop()}`, "Realm.AllocateUser");
  mayEditUsers(call);
}

/** A user may see and manage its own tokens. */
function mayEditTokens(call: Call): void {
  if (call.who.userid !== call.at.userid || call.who.tokenid !== undefined) mayEditUsers(call);
}

function applyUser(user: User, call: Call): void {
  const { params, api } = call;
  for (const key of ["comment", "email", "firstname", "lastname", "keys"] as const) {
    const value = params[key];
    if (value === "") delete user[key];
    else if (value !== undefined) user[key] = value;
  }
  if (params.enable !== undefined) user.enable = isTrue(params.enable) ? 1 : 0;
  if (params.expire !== undefined) user.expire = Number(params.expire);
  if (params.groups !== undefined) {
    const groups = list(params.groups);
    const unknown = groups.find((group) => api.state.groups[group] === undefined);
    if (unknown !== undefined) throw new PveError(500, `no such group '${unknown}'`);
    user.groups = isTrue(params.append) ? [...new Set([...user.groups, ...groups])] : groups;
  }
  api.save();
}

function shownUser({ password: _password, tokens: _tokens, ...shown }: User) {
  return shown;
}

function shownToken({ value: _value, ...shown }: Token) {
  return shown;
}

function applyToken(token: Token, call: Call): void {
  const { comment, expire, privsep } = call.params;
  if (comment === "") delete token.comment;
  else if (comment !== undefined) token.comment = comment;
  if (expire !== undefined) token.expire = Number(expire);
  if (privsep !== undefined) token.privsep = isTrue(privsep) ? 1 : 0;
  call.api.save();
}

const login: Route = {
  ...route(
    "POST",
    "/access/ticket",
    {
      username: "string!",
      password: "string!",
      realm: "id",
      otp: "string",
      path: "path",
      privs: "string",
      "new-format": "bool",
    },
    ({ api, params }) => {
      const name = params.realm === undefined ? (params.username ?? "") : `${params.username}@${params.realm}`;
      return { ...api.auth.login(name, params.password ?? ""), cap: {} };
    },
  ),
  open: true,
};

const users: Route[] = [
  route("GET", "/access/users", { enabled: "bool", full: "bool" }, ({ api, who }) =>
    Object.entries(api.state.users)
      .filter(
        ([userid]) =>
          userid === who.userid ||
          may(api.state, who, "/access", "Sys.Audit") ||
          may(api.state, who, "/access", "User.Modify"),
      )
      .map(([userid, user]) => ({ userid, ...shownUser(user) })),
  ),
  route("POST", "/access/users", { userid: "userid!", password: "string", ...USER }, (call) => {
    const { api, params } = call;
    const userid = params.userid ?? "";
    mayAllocate(call, userid);
    if (api.state.users[userid] !== undefined)
      throw new PveError(500, `create user failed: user '${userid}' already exists`);
    if (!/@(pve|pam)$/.test(userid))
      throw new PveError(500, `create user failed: domain '${userid.split("@").pop()}' does not exist`);
    const user: User = {
      enable: 1,
      expire: 0,
      groups: [],
      password: params.password ? hashPassword(params.password) : "",
      tokens: {},
    };
    applyUser(user, call);
    api.state.users[userid] = user;
    api.save();
    return null;
  }),
  route("GET", "/access/users/{userid}", {}, (call) => {
    if (call.who.userid !== call.at.userid) demand(call.api.state, call.who, "/access", "User.Modify", "Sys.Audit");
    const { user } = userOf(call);
    return {
      ...shownUser(user),
      tokens: Object.fromEntries(Object.entries(user.tokens).map(([id, token]) => [id, shownToken(token)])),
    };
  }),
  route("PUT", "/access/users/{userid}", { append: "bool", ...USER }, (call) => {
    mayEditUsers(call);
    applyUser(userOf(call).user, call);
    return null;
  }),
  route("DELETE", "/access/users/{userid}", {}, (call) => {
    mayAllocate(call, call.at.userid ?? "");
    const { userid } = userOf(call);
    const { state } = call.api;
    delete state.users[userid];
    state.acl = state.acl.filter(({ ugid }) => ugid !== userid && !ugid.startsWith(`${userid}!`));
    call.api.save();
    return null;
  }),
  route(
    "PUT",
    "/access/password",
    { userid: "userid!", password: "string!", "confirmation-password": "string" },
    (call) => {
      const userid = call.params.userid ?? "";
      if (userid !== call.who.userid) mayEditUsers(call);
      const user = call.api.state.users[userid];
      if (user === undefined) throw new PveError(500, `no such user ('${userid}')`);
      if ((call.params.password ?? "").length < 5)
        throw badParameters({ password: "value must be at least 5 characters long" });
      user.password = hashPassword(call.params.password ?? "");
      call.api.save();
      return null;
    },
  ),
];

const tokens: Route[] = [
  route("GET", "/access/users/{userid}/token", {}, (call) => {
    mayEditTokens(call);
    return Object.entries(userOf(call).user.tokens).map(([tokenid, token]) => ({ tokenid, ...shownToken(token) }));
  }),
  route("GET", "/access/users/{userid}/token/{tokenid}", {}, (call) => {
    mayEditTokens(call);
    return shownToken(tokenOf(call).token);
  }),
  route("POST", "/access/users/{userid}/token/{tokenid}", TOKEN, (call) => {
    mayEditTokens(call);
    const { userid, user } = userOf(call);
    const tokenid = call.at.tokenid ?? "";
    if (!/^[A-Za-z][A-Za-z0-9.\-_]+$/.test(tokenid))
      throw badParameters({ tokenid: "value does not match the regex pattern" });
    if (user.tokens[tokenid] !== undefined) throw badParameters({ tokenid: "Token already exists." });
    const token: Token = { expire: user.expire, privsep: 1, value: newTokenValue() };
    applyToken(token, call);
    user.tokens[tokenid] = token;
    call.api.save();
    // The only time that the value is shown.
    return {
      "full-tokenid": fullTokenId({ userid, tokenid }),
      info: { ...shownToken(token), privsep: String(token.privsep) },
      value: token.value,
    };
  }),
  route("PUT", "/access/users/{userid}/token/{tokenid}", TOKEN, (call) => {
    mayEditTokens(call);
    const { token } = tokenOf(call);
    applyToken(token, call);
    return shownToken(token);
  }),
  route("DELETE", "/access/users/{userid}/token/{tokenid}", {}, (call) => {
    mayEditTokens(call);
    const { user, tokenid } = tokenOf(call);
    delete user.tokens[tokenid];
    const gone = fullTokenId({ userid: call.at.userid ?? "", tokenid });
    call.api.state.acl = call.api.state.acl.filter(({ ugid }) => ugid !== gone);
    call.api.save();
    return null;
  }),
];

const rest: Route[] = [
  route("GET", "/access/domains", {}, () => [
    { realm: "pam", type: "pam", comment: "Linux PAM standard authentication" },
    { realm: "pve", type: "pve", comment: "Proxmox VE authentication server" },
  ]),
  route("GET", "/access/groups", {}, ({ api }) =>
    Object.entries(api.state.groups).map(([groupid, group]) => ({ groupid, ...group })),
  ),
  route("GET", "/access/permissions", { path: "path", userid: "string" }, ({ api, who, params }) => {
    const paths =
      params.path === undefined ? ["/", "/access", "/nodes", "/vms", "/storage", "/pool", "/sdn"] : [params.path];
    return Object.fromEntries(
      paths.map((path) => [path, Object.fromEntries([...privileges(api.state, who, path)].map((p) => [p, 1]))]),
    );
  }),
];

export const accessRoutes: readonly Route[] = [login, ...users, ...tokens, ...rest];
