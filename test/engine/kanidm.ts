import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Browser } from "./browser";
import { must } from "./sandbox";

/** A Kanidm that somebody else runs: the stand-in on this machine, with groups and people but without Grafana's client. */
export class ForeignKanidm {
  #process: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly url: string,
  ) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  /** @returns the authority that signed its certificate, PEM */
  async start(groups: readonly string[]): Promise<string> {
    const { folder, url } = this;
    const wiki = { displayName: "Wiki", originUrl: "https://wiki.test/cb", originLanding: "https://wiki.test/" };
    const bind = new URL(url).port;
    const files = {
      "server.toml": `bindaddress = "127.0.0.1:${bind}"\ndomain = "localhost"\norigin = "${url}"\ndb_path = "${folder}/kanidm.db"\n`,
      "provision.json": JSON.stringify({
        groups: Object.fromEntries(groups.map((name) => [name, { members: [] }])),
        persons: { ada: { displayName: "Ada", mailAddresses: ["ada@localhost"], groups: ["grafana_admins"] } },
        systems: { oauth2: { wiki: { ...wiki, scopeMaps: {} } } },
      }),
      "standin-passwords": "ada ada-password\n",
      "standin-tokens": "writer readwrite\nreader readonly\nstranger none\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text);
    const program = must(["bash", "-c", "command -v kanidmd"]).stdout.trim();
    this.#process = spawn(program, ["server", "-c", `${folder}/server.toml`], { stdio: "ignore" });
    for (const end = Date.now() + 20_000; ; await new Promise((done) => setTimeout(done, 100))) {
      if (existsSync(`${folder}/standin-chain.pem`)) break;
      if (Date.now() > end) throw new Error("the stand-in for Kanidm made no certificate within 20 s");
    }
    const authority = readFileSync(`${folder}/standin-chain.pem`, "utf8");
    await new Browser(authority).ready(`${url}/status`);
    return authority;
  }

  /** Lines of a token and what it may do, in the place of those that it knew. */
  giveTokens(lines: string): void {
    writeFileSync(`${this.folder}/standin-tokens`, lines);
    this.#process?.kill("SIGHUP");
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    const ended = new Promise((done) => process.once("exit", done));
    process.kill();
    await ended;
  }
}
