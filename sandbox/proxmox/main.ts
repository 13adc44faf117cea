import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { Authenticator, hashPassword } from "./auth";
import { SandboxHosts } from "./hypervisor";
import type { Api } from "./router";
import { listener } from "./server";
import { initialState, Store } from "./state";
import { Tasks } from "./tasks";

/**
 * The simulated Proxmox VE as a process: main.js STATE_FOLDER ADDRESS PORT MACHINE_SCRIPT. In the state folder's proxmox/ it reads
 * password, cert.pem and key.pem and keeps its own state in state.json. Logs to stdout. It is Proxmox VE 8; with a fifth word `9` it is 9.
 */
function main([folder = "", address = "", port = "", script = "", version = "8"]: string[]): void {
  const own = join(folder, "proxmox");
  const password = readFileSync(join(own, "password"), "utf8").trim();
  const store = new Store(join(own, "state.json"), () => initialState(hashPassword(password)));
  // not the file's: one of before this was told apart says nothing
  store.state.version = version === "9" ? 9 : 8;
  const api: Api = {
    state: store.state,
    save: () => store.save(),
    tasks: new Tasks(),
    auth: new Authenticator(store.state),
    hypervisor: new SandboxHosts(script, folder),
    address,
  };
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  const server = createServer(
    { key: readFileSync(join(own, "key.pem")), cert: readFileSync(join(own, "cert.pem")) },
    listener(api, log),
  );
  server.keepAliveTimeout = 65_000;
  server.on("error", (error) => {
    log(`cannot serve: ${error.message}`);
    process.exit(1);
  });
  server.listen(Number(port), address, () =>
    log(`simulated Proxmox VE ${version} listens on https://${address}:${port}`),
  );
}

main(process.argv.slice(2));
