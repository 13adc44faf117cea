import { existsSync } from "node:fs";
import { Agent, request } from "node:https";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import {
  type Answer,
  explainFailure,
  type Login,
  loginOf,
  nameOf,
  type ProxmoxApi,
  ProxmoxError,
  wantedLogin,
} from "./api";
import { pems, trustedByProvider } from "./certificates";

const patienceMs = 10_000;

interface Raw {
  status: number;
  reason: string;
  text: string;
}

/** A connection to a Proxmox VE API with a login that was accepted. */
export interface ProxmoxClient {
  /** `GET /nodes` and the like; parameters of anything but GET go into the body. Any answer is returned, refusals too. */
  ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, params?: Record<string, string>): Promise<Answer>;
  /** Ends the kept-alive connections. */
  close(): void;
}

/**
 * Opens the API as the provider will: same certificates, same login.
 * @throws ProxmoxError where it is not reachable, not trusted, or refuses the login
 */
export async function openProxmox(api: ProxmoxApi): Promise<ProxmoxClient> {
  const login = loginOf(api);
  if (login === undefined) {
    throw new ProxmoxError(`Proxmox API ${api.endpoint}: got no login, want ${wantedLogin}`);
  }
  const agent = trustingAgent(api);
  const headers = await logIn(api, agent, login).catch((error: unknown) => {
    agent.destroy();
    throw error;
  });
  return {
    ask: async (method, path, params) => answerOf(await send(api, agent, method, path, params ?? {}, headers)),
    close: () => agent.destroy(),
  };
}

function trustingAgent(api: ProxmoxApi): Agent {
  if (api.insecure === true) return new Agent({ keepAlive: true, rejectUnauthorized: false });
  if (api.ca !== undefined && pems(api.ca).length === 0) {
    const found = existsSync(api.ca) ? "a file without a certificate" : "no such file";
    throw new ProxmoxError(
      `proxmox.ca: got ${api.ca} (${found}), want a PEM file such as a copy of /etc/pve/pve-root-ca.pem`,
    );
  }
  // Not `ca` of the configuration: what counts is what the provider trusts.
  return new Agent({ keepAlive: true, ca: trustedByProvider(), checkServerIdentity: identityCheck(api) });
}

function identityCheck({ fingerprint }: ProxmoxApi) {
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const wrongName = checkServerIdentity(host, certificate);
    if (wrongName !== undefined || fingerprint === undefined) return wrongName;
    if (certificate.fingerprint256 === fingerprint.toUpperCase()) return undefined;
    const error = new Error(
      `its fingerprint is ${certificate.fingerprint256}, proxmox.fingerprint says ${fingerprint}`,
    );
    return Object.assign(error, { code: "FINGERPRINT" });
  };
}

async function logIn(api: ProxmoxApi, agent: Agent, login: Login): Promise<Record<string, string>> {
  if (login.kind === "token") {
    const headers = { Authorization: `PVEAPIToken=${login.token}` };
    refuse(api, login, await send(api, agent, "GET", "/version", {}, headers));
    return headers;
  }
  const { username, password } = login;
  const raw = await send(api, agent, "POST", "/access/ticket", { username, password }, {});
  refuse(api, login, raw);
  const data = answerOf(raw).data as { ticket: string; CSRFPreventionToken: string };
  return { Cookie: `PVEAuthCookie=${encodeURIComponent(data.ticket)}`, CSRFPreventionToken: data.CSRFPreventionToken };
}

function refuse(api: ProxmoxApi, login: Login, raw: Raw): void {
  if (raw.status === 200) return;
  const at = `Proxmox API ${api.endpoint}`;
  if (raw.status === 401) {
    const remedy =
      login.kind === "token"
        ? "make a new token there and give it by `pulumi config set --secret nixmon:proxmoxApiToken`"
        : "correct proxmox.username, or give the password by `pulumi config set --secret nixmon:proxmoxPassword`; with a second factor use an API token";
    throw new ProxmoxError(`${at}: the login of ${nameOf(login)} was refused (401 ${raw.reason}); ${remedy}`);
  }
  throw new ProxmoxError(
    `${at}: answered ${raw.status} ${raw.reason} to the login of ${nameOf(login)}; is that a Proxmox VE API, 8 or newer?`,
  );
}

function answerOf({ status, reason, text }: Raw): Answer {
  try {
    return { status, reason, data: (JSON.parse(text) as { data: unknown }).data };
  } catch {
    return { status, reason, data: null };
  }
}

function send(
  api: ProxmoxApi,
  agent: Agent,
  method: string,
  path: string,
  params: Record<string, string>,
  headers: Record<string, string>,
): Promise<Raw> {
  const query = new URLSearchParams(params).toString();
  const inBody = method !== "GET" && query !== "";
  const url = new URL(
    `${api.endpoint.replace(/\/+$/, "")}/api2/json${path}${inBody || query === "" ? "" : `?${query}`}`,
  );
  const type = inBody ? { "Content-Type": "application/x-www-form-urlencoded" } : {};
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: { ...headers, ...type }, timeout: patienceMs }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? "", text }),
      );
    });
    asked.on("timeout", () => asked.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    asked.on("error", (error: NodeJS.ErrnoException) => {
      diagnose(api, error).then((message) => reject(new ProxmoxError(message)), reject);
    });
    asked.end(inBody ? query : undefined);
  });
}

/** Looks again, without trust, at what is there: an error that shows the certificate can be acted on. */
async function diagnose(api: ProxmoxApi, error: NodeJS.ErrnoException): Promise<string> {
  const code = error.code ?? "";
  const plain = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EPROTO",
    "ECONNRESET",
  ];
  if (plain.includes(code)) return explainFailure(api, code, { message: error.message });
  const fingerprint = await shownFingerprint(api);
  const underGivenCa = api.ca !== undefined && code !== "FINGERPRINT" && (await passes(api, [...pems(api.ca)]));
  if (underGivenCa) {
    return (
      `Proxmox API ${api.endpoint}: the certificate is signed by ${api.ca}, but the Proxmox provider does not know that authority: it reads the ` +
      "system's certificates and those in SSL_CERT_DIR. Run `make up`, which adds the folder certificates/, or yourself: " +
      "export SSL_CERT_DIR=/etc/ssl/certs:$PWD/certificates"
    );
  }
  return explainFailure(api, code, { message: error.message, ...(fingerprint === undefined ? {} : { fingerprint }) });
}

function look(api: ProxmoxApi, options: { ca?: string[]; rejectUnauthorized?: boolean }): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A connection of its own: nothing but the handshake is sent over it.
    const asked = request(new URL(api.endpoint), { method: "HEAD", agent: false, timeout: patienceMs, ...options });
    asked.on("socket", (socket) => {
      socket.on("secureConnect", () => {
        const { fingerprint256 } = (socket as import("node:tls").TLSSocket).getPeerCertificate();
        resolve(fingerprint256);
        asked.destroy();
      });
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
  });
}

const shownFingerprint = (api: ProxmoxApi) => look(api, { rejectUnauthorized: false });
const passes = async (api: ProxmoxApi, ca: string[]) => (await look(api, { ca })) !== undefined;
