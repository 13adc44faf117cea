import { request } from "node:https";

/** Where the sandbox's names are: the deployer has no name server that knows them. */
const addresses: Record<string, string> = {
  "grafana.sandbox.test": "10.231.77.12",
  "auth.sandbox.test": "10.231.77.13",
};

export interface Page {
  status: number;
  url: URL;
  body: string;
}

/** What a person's browser does at a login: cookies, redirects, forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #authority: string;

  /** @param authority PEM of the authority that signed Kanidm's certificate */
  constructor(authority: string) {
    this.#authority = authority;
  }

  /** Waits up to 20 s until a page answers 200: a service that was just restarted may still be starting. */
  async ready(url: string): Promise<void> {
    const end = Date.now() + 20_000;
    for (;;) {
      const status = await this.get(url).then(
        (page) => page.status,
        (error: Error) => error.message,
      );
      if (status === 200) return;
      if (Date.now() > end) throw new Error(`${url}: not ready within 20 s; last answer: ${status}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  get(url: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#follow(new URL(url), "GET", "", headers);
  }

  post(url: URL | string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    return this.#follow(new URL(url), "POST", new URLSearchParams(form).toString(), headers);
  }

  /** One request as it is. */
  send(method: string, url: string, body: string, headers: Record<string, string>): Promise<Page> {
    return this.#follow(new URL(url), method, body, headers);
  }

  async #follow(url: URL, method: string, body: string, headers: Record<string, string> = {}): Promise<Page> {
    for (let hops = 0; hops < 10; hops += 1) {
      const { status, location, text } = await this.#ask(url, method, body, headers);
      if (location === undefined) return { status, url, body: text };
      [url, method, body] = [new URL(location, url), "GET", ""];
    }
    throw new Error(`${url}: too many redirects`);
  }

  #ask(url: URL, method: string, body: string, headers: Record<string, string>) {
    const jar = this.#cookies.get(url.hostname) ?? new Map<string, string>();
    this.#cookies.set(url.hostname, jar);
    const address = addresses[url.hostname];
    return new Promise<{ status: number; location: string | undefined; text: string }>((done, fail) => {
      const options = {
        method,
        // the sandbox's Caddy signs its own certificates; Kanidm's is signed by the authority that the cluster trusts
        rejectUnauthorized: url.hostname !== "grafana.sandbox.test",
        ca: this.#authority,
        servername: url.hostname,
        ...(address ? { hostname: address } : {}),
        headers: {
          host: url.host,
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
          "content-type": "application/x-www-form-urlencoded",
          ...headers,
        },
        timeout: 10_000,
      };
      const sent = request(new URL(url.href), options, (answer) => {
        for (const cookie of answer.headers["set-cookie"] ?? []) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          jar.set(name, value);
        }
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => done({ status: answer.statusCode ?? 0, location: answer.headers.location, text }));
      });
      sent.on("timeout", () => sent.destroy(new Error(`${url.hostname}: no answer within 10 s`)));
      sent.on("error", fail);
      sent.end(body);
    });
  }
}
