/** Where a Proxmox VE API is and how it is known to be the right one. */
export interface ProxmoxEndpoint {
  /** `https://pve.example.net:8006` */
  endpoint: string;
  /** Takes any certificate. Default false. */
  insecure?: boolean | undefined;
  /** PEM file of the certificate authority that signed the API's certificate, where the system does not trust it. */
  ca?: string | undefined;
  /** SHA-256 of the API's certificate, `AA:BB:...`; another certificate is refused, whoever signed it. */
  fingerprint?: string | undefined;
}

/** An API and a login there. Without one the provider's environment variables count: PROXMOX_VE_API_TOKEN, _USERNAME, _PASSWORD. */
export interface ProxmoxApi extends ProxmoxEndpoint {
  /** `user@realm!name=UUID` */
  apiToken?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
}

/** What the API answered; `reason` is the status line's text, where Proxmox VE puts its messages. */
export interface Answer {
  status: number;
  reason: string;
  data: unknown;
}

export type Login = { kind: "token"; token: string } | { kind: "password"; username: string; password: string };

/** The login that is given, else the one that the provider would take from the environment. */
export function loginOf(
  api: ProxmoxApi,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Login | undefined {
  const token = api.apiToken ?? environment.PROXMOX_VE_API_TOKEN;
  if (token) return { kind: "token", token };
  const username = api.username ?? environment.PROXMOX_VE_USERNAME;
  const password = api.password ?? environment.PROXMOX_VE_PASSWORD;
  return username && password ? { kind: "password", username, password } : undefined;
}

/** What to do where there is none. */
export const wantedLogin =
  "`pulumi config set --secret nixmon:proxmoxApiToken 'user@realm!name=UUID'`, or PROXMOX_VE_API_TOKEN, " +
  "or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD in the environment";

/** Who logs in, without what must stay secret. */
export function nameOf(login: Login): string {
  return login.kind === "token" ? `token ${login.token.split("=")[0]}` : `user ${login.username}`;
}

/** The API cannot be used; the message says why, and what to do. */
export class ProxmoxError extends Error {
  override readonly name = "ProxmoxError";
}

/** Why no answer came, in words for the person who deploys. `code` is Node's. */
export function explainFailure(
  api: ProxmoxEndpoint,
  code: string,
  seen: { fingerprint?: string; message: string },
): string {
  const at = `Proxmox API ${api.endpoint}`;
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${at}: the name does not resolve; correct proxmox.endpoint, or mend DNS on this machine`;
    case "ECONNREFUSED":
      return `${at}: not reachable: connection refused; is the port right (8006 by default), does pveproxy run there?`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${at}: not reachable: no answer in time; is the node on, does a firewall or a missing VPN stand between?`;
    case "EPROTO":
    case "ECONNRESET":
      return `${at}: something answers there, but not with TLS (${seen.message}); correct proxmox.endpoint`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${at}: the certificate is for another name (${seen.message}); use a name in it as proxmox.endpoint`;
    case "CERT_HAS_EXPIRED":
      return `${at}: the certificate has expired; renew it on the node (pvecm updatecerts --force)`;
    default:
      return (
        `${at}: the certificate is not trusted (${seen.message}; its SHA-256 fingerprint is ${seen.fingerprint ?? "unknown"}). ` +
        "Compare that with the node's own (pvenode cert info), put /etc/pve/pve-root-ca.pem of the node into certificates/, name it in " +
        "proxmox.ca and run `make up`. Only where nothing else is possible: proxmox.insecure: true"
      );
  }
}
