import { request } from "node:https";
import { rootCertificates } from "node:tls";
import type { KanidmInput } from "./input";
import type { Request } from "./reconcile";

const seconds = 15;

/** Kanidm answered, but not with success. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Ask = (sent: Request) => Promise<unknown>;

/**
 * The way to ask a Kanidm: one request, its answer as JSON.
 * @throws Refused with the remedy in its message; Error when Kanidm is not reached
 */
export function asker({ url, token, authorities }: Pick<KanidmInput, "url" | "token" | "authorities">): Ask {
  const ca = [...rootCertificates, ...authorities];
  return ({ method, path, body }) =>
    new Promise((done, fail) => {
      const text = body === undefined ? "" : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        // Kanidm's own client sends a body with some DELETEs
        ...(text === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      };
      const sent = request(url + path, { method, headers, ca, timeout: seconds * 1000 }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", fail);
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          const said = Buffer.concat(parts).toString();
          if (status !== 200) return fail(new Refused(status, `${url}: ${refusal(status, `${method} ${path}`, said)}`));
          try {
            done(said === "" ? null : JSON.parse(said));
          } catch {
            fail(new Error(`${url}: ${method} ${path} answered with something that is no JSON: is this Kanidm?`));
          }
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("ETIMEDOUT")));
      sent.on("error", (error: NodeJS.ErrnoException) => fail(new Error(`${url}: ${unreached(error)}`)));
      sent.end(text);
    });
}

function refusal(status: number, what: string, said: string): string {
  const reason = said.trim().slice(0, 200);
  if (status === 401) {
    return `Kanidm does not accept the token (${reason}): it is mistyped, expired or revoked. Make another one (docs/identity.md) and give it by \`pulumi config set --secret kanidmToken\``;
  }
  if (status === 403) {
    return `the token may not do this (${what}: ${reason}): it must be able to write, and its service account must be in the group idm_oauth2_admins`;
  }
  return `${what} answered ${status}: ${reason}`;
}

/** Why Kanidm was not reached, in words. */
export function unreached({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "the name does not resolve here; is identity.url right, does DNS work?";
  if (code === "ECONNREFUSED")
    return "connection refused: nothing listens there; is Kanidm running, is the port right?";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `the certificate is for another name: ${message}`;
  if (code === "CERT_HAS_EXPIRED") return "the certificate has expired; renew it";
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/.test(code ?? "")) {
    return `the certificate is not trusted (${code}); if an authority of your own signed it, name its PEM file in tls.caFile`;
  }
  if (/TIMEDOUT|EHOSTUNREACH|ENETUNREACH/.test(`${code} ${message}`)) {
    return `not reachable: no answer within ${seconds} s; is it on, does a firewall drop it?`;
  }
  return message;
}
