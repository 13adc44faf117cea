import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { dump, load } from "js-yaml";
import { must, onHost, root, run } from "../engine/sandbox";
import { type Canary, marker } from "./canaries";

/**
 * A stack of its own with one host, `vault`, that has every kind of secret: it is the primary and the identity host, has a Redis, watches
 * a simulated Proxmox VE of its own (its user and token must not meet those of the `sandbox` stack) and tells Home Assistant, Nextcloud Talk
 * and a heartbeat, which one recorder plays.
 */
export const stack = "vault";
export const host = "vault";
export const address = "10.231.77.32";
export const folder = resolve(root, "build/secrets");
export const configFile = resolve(folder, `Pulumi.${stack}.yaml`);
export const recorded = resolve(folder, "recorded.jsonl");
/** Whom the recorder lets in, see there. */
export const letIn = resolve(folder, "let-in.json");
export const bridge = "10.231.77.1";
export const recorderPort = 9951;
const proxmoxPort = 8007;
const sandbox = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";
const sandboxStack = resolve(root, "Pulumi.sandbox.yaml");

/** What the user gives; each value is a marker, the Talk password one with every character that some language has a meaning for. */
export const given = {
  proxmoxPassword: marker(),
  nextcloudTalkPassword: `a"b'c$d{{e}}\\${marker()}\``,
  heartbeatPath: `/ping/${marker()}`,
  scrapeToken: marker(),
};

export const talkUser = "monitoring-bot";

type Values = Record<string, unknown>;

function values(change: Values): Values {
  const out = `http://${bridge}:${recorderPort}`;
  const alerting = {
    homeAssistant: { enable: true, url: out },
    nextcloudTalk: { enable: true, url: out, room: "room1", user: talkUser },
    heartbeat: { enable: true },
  };
  return {
    domain: "sandbox.test",
    allocations: { server: { monitoringPrimaryHost: host, identityHost: host } },
    lan: ["10.231.77.0/24"],
    probes: { enable: false },
    proxmox: { endpoint: `https://${bridge}:${proxmoxPort}`, insecure: true, node: "pve1" },
    monitoring: { collector: { alerting } },
    hosts: {
      [host]: {
        address,
        ssh: { hostKey: must(["sandbox/hosts/machine.sh", "host-key", host]).stdout.trim() },
        redisInstances: { "": { port: 6379 } },
        monitoring: { exporters: { redis: { enable: true } } },
        scrapes: [{ job: "app", port: 8080, bearerTokenSecret: "APP" }],
      },
    },
    ...change,
  };
}

interface StackFile {
  encryptionsalt: string;
  config: Values;
}

/** Writes the stack's configuration with a change of plain values; what was given as secret stays. */
export function configure(change: Values = {}): void {
  const document = load(readFileSync(existsSync(configFile) ? configFile : sandboxStack, "utf8")) as StackFile;
  const secret = Object.entries(document.config).filter(([, value]) => JSON.stringify(value).includes('"secure"'));
  const plain = Object.entries(values(change)).map(([key, value]) => [`nixmon:${key}`, value]);
  const config = Object.fromEntries([...plain, ...secret]);
  writeFileSync(configFile, dump({ encryptionsalt: document.encryptionsalt, config }));
}

/** Gives a secret as a user does; the value goes by stdin, so that not even the test has it on a command line. */
export function give(key: string, value: string): void {
  const path = key.includes(".") ? ["--path"] : [];
  const words = ["pulumi", "config", "set", "--secret", ...path, "--stack", stack, "--config-file", configFile];
  must([...words, `nixmon:${key}`], { input: value });
}

const children: ChildProcess[] = [];

function start(words: string[]): void {
  children.push(spawn(process.execPath, words, { cwd: root, stdio: "ignore" }));
}

/** What the owner of the host wrote: an identity host with a Redis that has a password, and an application behind a bearer token. */
const configuration = `
{ pkgs, ... }: {
  imports = [ ./identity.nix ];
  services.redis.servers."" = { enable = true; requirePassFile = "/var/lib/app-secrets/redis"; };
}
`;

/** Metrics for whoever brings the token in /var/lib/app-secrets/token, 401 for everybody else. */
const application = `
import http.server
class App(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words): pass
    def do_GET(self):
        good = self.headers.get("Authorization") == "Bearer " + open("/var/lib/app-secrets/token").read()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"app_up 1\\n" if good else b"")
http.server.ThreadingHTTPServer(("${address}", 8080), App).serve_forever()
`;

/** Writes a file on the host by stdin. */
export function writeOnHost(path: string, text: string): void {
  const script = 'umask 077; mkdir -p "$(dirname "$0")"; cat >"$0"';
  must(["sandbox/hosts/machine.sh", "exec", host, "sh", "-c", script, path], { input: text });
}

/** Boots the host and what it talks to; afterwards `pulumi up` has everything that it needs. */
export function makeVault(): void {
  // what a run that was cut short left
  removeVault();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keys = `${sandbox}/ssh/id_ed25519.pub`;
  const up = `sandbox/hosts/machine.sh up ${host} --ip ${address} --template identity --authorized-keys ${keys}`;
  must(up.split(" "));
  must(["sandbox/hosts/machine.sh", "exec", host, "mv", "/etc/nixos/configuration.nix", "/etc/nixos/identity.nix"]);
  writeOnHost("/etc/nixos/configuration.nix", configuration);
  writeOnHost("/var/lib/app-secrets/redis", marker());
  writeOnHost("/var/lib/app-secrets/token", given.scrapeToken);
  writeOnHost("/opt/app.py", application);
  onHost(host, "systemd-run --quiet --unit=app python3 /opt/app.py");

  const proxmox = resolve(folder, "pve/proxmox");
  mkdirSync(proxmox, { recursive: true, mode: 0o700 });
  for (const file of ["cert.pem", "key.pem"]) must(["cp", `${sandbox}/proxmox/${file}`, proxmox]);
  writeFileSync(resolve(proxmox, "password"), given.proxmoxPassword, { mode: 0o400 });
  start(["dist/sandbox/proxmox/main.js", resolve(folder, "pve"), bridge, String(proxmoxPort), "/bin/false"]);
  start(["test/secrets/recorder.js", bridge, String(recorderPort), recorded, letIn]);

  must(["pulumi", "stack", "select", "--create", "--non-interactive", stack]);
  configure();
  give("proxmoxPassword", given.proxmoxPassword);
  give("nextcloudTalkPassword", given.nextcloudTalkPassword);
  give("heartbeatUrl", `http://${bridge}:${recorderPort}${given.heartbeatPath}`);
  give("scrapeTokens.APP", given.scrapeToken);
}

export function removeVault(): void {
  for (const child of children) child.kill();
  run(["sandbox/hosts/machine.sh", "down", host]);
  run(["pulumi", "cancel", "--yes", "--stack", stack]);
  run(["pulumi", "stack", "rm", "--yes", "--force", stack]);
  // `stack select --create` leaves one here
  rmSync(resolve(root, `Pulumi.${stack}.yaml`), { force: true });
  rmSync(folder, { recursive: true, force: true });
}

/** Words of every engine run on this stack. */
export const engineWords = ["--stack", stack, "--config-file", configFile, "--non-interactive"];

interface StateResource {
  type: string;
  urn: string;
  /** Replaced, and not removed yet: a run that failed comes to that last. */
  delete?: boolean;
  outputs?: { result?: string; value?: string };
}

/** The value that each made secret has now, by the name of its resource; read from the state by a command that only its owner can run. */
export function madeSecrets(): Record<string, string> {
  const exported = must(["pulumi", "stack", "export", "--stack", stack, "--show-secrets"]).stdout;
  const { deployment } = JSON.parse(exported) as { deployment: { resources?: StateResource[] } };
  const plain = (text: string | undefined) => (text === undefined ? "" : String(decode(text)));
  return Object.fromEntries(
    (deployment.resources ?? []).flatMap(({ type, urn, outputs, delete: ended }) => {
      if (ended) return [];
      const name = urn.split("::").at(-1) ?? urn;
      if (type === "random:index/randomPassword:RandomPassword") return [[name, plain(outputs?.result)]];
      if (type === "proxmoxve:user/token:Token") return [[name, plain(outputs?.value).split("=")[1] ?? ""]];
      return [];
    }),
  );
}

/** A secret in an export with `--show-secrets` is an object whose `plaintext` is JSON. */
function decode(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return JSON.parse((value as { plaintext: string }).plaintext);
}

/** Every secret there is now: given, made, and the Redis password that the host's owner made. */
export function canaries(): Canary[] {
  const core = (text: string) => /marker[0-9a-f]{24}/.exec(text)?.[0] ?? text;
  const all = { ...given, redisPassword: onHost(host, "cat /var/lib/app-secrets/redis"), ...madeSecrets() };
  return Object.entries(all).map(([kind, value]) => ({ kind, value: core(value) }));
}
