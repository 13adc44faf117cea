import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Stand-ins for the services at the far end of the routes: Home Assistant's webhooks, Nextcloud Talk's OCS chat, and a heartbeat. Not
 * the real ones: they answer as those document it, and refuse what those would refuse.
 */
export interface Services {
  url: string;
  /** What a person would have been told, in order. */
  told: { homeAssistant: Webhook[]; talk: string[]; heartbeats: number };
  /** Requests that came to nothing, with the reason; Home Assistant says 200 to those. */
  lost: string[];
  close(): Promise<void>;
}

/** Alertmanager's native payload, as far as the tests read it. */
export interface Webhook {
  status: "firing" | "resolved";
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  alerts: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[];
}

/** What the services know: who may do what. */
export interface Known {
  webhookId: string;
  room: string;
  user: string;
  appPassword: string;
  heartbeatPath: string;
}

/** Talk's limit, in characters. */
export const talkLimit = 32_000;

type Answer = readonly [status: number, body: unknown];

export async function startServices(known: Known): Promise<Services> {
  const told: Services["told"] = { homeAssistant: [], talk: [], heartbeats: 0 };
  const lost: string[] = [];

  function homeAssistant(request: IncomingMessage, id: string, body: string): Answer {
    if (request.method !== "POST" && request.method !== "PUT") return [405, "405: Method Not Allowed"];
    // from here on Home Assistant says 200, whatever becomes of it
    const json = /json/.test(request.headers["content-type"] ?? "") ? parsed(body) : undefined;
    if (id !== known.webhookId) lost.push("home assistant: no such webhook");
    else if (json === undefined) lost.push("home assistant: no JSON");
    else told.homeAssistant.push(json as Webhook);
    return [200, ""];
  }

  function talk(request: IncomingMessage, room: string, body: string): Answer {
    const refuse = (status: number, why: string): Answer => {
      lost.push(`talk: ${status} ${why}`);
      return [status, { ocs: { meta: { status: "failure", statuscode: status, message: why }, data: [] } }];
    };
    if (request.method !== "POST") return refuse(405, "method");
    if (request.headers["ocs-apirequest"] !== "true") return refuse(412, "CSRF check failed");
    const login = Buffer.from(`${known.user}:${known.appPassword}`).toString("base64");
    if (request.headers.authorization !== `Basic ${login}`) return refuse(401, "unauthorised");
    if (room !== known.room) return refuse(404, "not in this room");
    const message = (parsed(body) as { message?: unknown } | undefined)?.message;
    if (typeof message !== "string" || message.trim() === "") return refuse(400, "message");
    if ([...message].length > talkLimit) return refuse(413, "message too long");
    told.talk.push(message);
    return [201, { ocs: { meta: { status: "ok", statuscode: 201 }, data: { message } } }];
  }

  function answer(request: IncomingMessage, body: string): Answer {
    const { pathname } = new URL(request.url ?? "/", "http://services.invalid");
    const webhook = /^\/api\/webhook\/([^/]+)$/.exec(pathname)?.[1];
    if (webhook !== undefined) return homeAssistant(request, decodeURIComponent(webhook), body);
    const room = /^\/ocs\/v2\.php\/apps\/spreed\/api\/v1\/chat\/([^/]+)$/.exec(pathname)?.[1];
    if (room !== undefined) return talk(request, decodeURIComponent(room), body);
    if (pathname === known.heartbeatPath) {
      told.heartbeats += 1;
      return [200, "OK"];
    }
    lost.push(`${request.method} ${pathname}: not found`);
    return [404, "not found"];
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => send(response, answer(request, Buffer.concat(chunks).toString("utf8"))));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, told, lost, close };
}

function send(response: ServerResponse, [status, body]: Answer): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response
    .writeHead(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json" })
    .end(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
