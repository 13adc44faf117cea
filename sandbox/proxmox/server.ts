import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { PveError } from "./errors";
import { type Api, dispatch, find, type Route } from "./router";
import { accessRoutes } from "./routes/access";
import { aclRoutes } from "./routes/acl";
import { agentRoutes } from "./routes/agent";
import { clusterRoutes } from "./routes/cluster";
import { downloadRoutes } from "./routes/downloads";
import { guestRoutes } from "./routes/guests";
import { nodeRoutes } from "./routes/nodes";
import { poolRoutes } from "./routes/pools";
import { roleRoutes } from "./routes/roles";

const ROUTES: readonly Route[] = [
  ...accessRoutes,
  ...aclRoutes,
  ...agentRoutes,
  ...clusterRoutes,
  ...downloadRoutes,
  ...guestRoutes,
  ...nodeRoutes,
  ...poolRoutes,
  ...roleRoutes,
];
const MAX_BODY = 1024 * 1024;

export interface Request {
  method: string;
  /** Path and query, from /api2/json on. */
  url: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

export interface Answer {
  status: number;
  reason: string;
  body: { data: unknown; message?: string; errors?: Readonly<Record<string, string>> };
}

function parameters(request: Request, query: URLSearchParams): Record<string, string> {
  const params = Object.fromEntries(query);
  if (request.body === "") return params;
  if (request.headers["content-type"]?.startsWith("application/json")) {
    const given: unknown = JSON.parse(request.body);
    return {
      ...params,
      ...Object.fromEntries(Object.entries(given as object).map(([key, value]) => [key, String(value)])),
    };
  }
  return { ...params, ...Object.fromEntries(new URLSearchParams(request.body)) };
}

/** One request in, one answer out: the whole API without a socket, which is how the tests use it. */
export async function answer(api: Api, request: Request): Promise<Answer> {
  try {
    const url = new URL(request.url, "https://simulated");
    const path = url.pathname.replace(/\/+$/, "");
    if (!path.startsWith("/api2/json"))
      throw new PveError(404, "not found: the simulated Proxmox VE has an API and no web pages");
    const found = find(ROUTES, request.method, path.slice("/api2/json".length));
    const { authorization, cookie, csrfpreventiontoken: csrf } = request.headers;
    const who = found.route.open
      ? { userid: "" }
      : api.auth.identify({ method: request.method, authorization, cookie, csrf });
    const data = await dispatch(found, { api, who, params: parameters(request, url.searchParams) });
    return { status: 200, reason: "OK", body: { data: data ?? null } };
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    const { status, message, errors } = error;
    return { status, reason: message, body: { data: null, message: `${message}\n`, ...(errors ? { errors } : {}) } };
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > MAX_BODY) throw new PveError(413, "request entity too large");
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The reason phrase must fit on the status line. */
function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim();
}

function send(response: ServerResponse, { status, reason, body }: Answer): void {
  // The label: whoever looks at an answer sees that no Proxmox VE gave it.
  response.writeHead(status, oneLine(reason), {
    "Content-Type": "application/json;charset=UTF-8",
    Server: "pve-api-daemon/3.0 (simulated by the nixmon sandbox)",
  });
  response.end(JSON.stringify(body));
}

/** Handles requests of a Node server and tells `log` one line of each: method, path, status; no parameters, they hold secrets. */
export function listener(api: Api, log: (line: string) => void): RequestListener {
  return (request, response) => {
    const { method = "GET", url = "/" } = request;
    read(request)
      .then((body) =>
        answer(api, { method, url, headers: request.headers as Record<string, string | undefined>, body }),
      )
      .catch((error: unknown): Answer => {
        log(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
        return { status: 500, reason: "internal error of the simulation, see its log", body: { data: null } };
      })
      .then((result) => {
        log(
          `${request.socket.remoteAddress} ${method} ${url.split("?")[0]} ${result.status}${result.status === 200 ? "" : ` ${oneLine(result.reason)}`}`,
        );
        send(response, result);
      });
  };
}
