import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { dump } from "js-yaml";
import { must, onHost, root, run } from "../engine/sandbox";

/** A cluster of its own for faults: hosts that exist already, so that no other test's hosts are ever broken. */
export const stack = "faults";
const machine = "sandbox/hosts/machine.sh";
const publicKey = `${process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox"}/ssh/id_ed25519.pub`;

export type Role = "primary" | "exporter";
export const hostOf: Record<Role, string> = { primary: "mon", exporter: "web" };
const addresses: Record<string, string> = { mon: "10.231.77.41", web: "10.231.77.42", stuck: "10.231.77.43" };

/** Short, so that a fault is over soon; all of them are configuration that anybody may set. */
export const limits = { build: 60, activate: 30, gate: 12, confirm: 10 };

export interface Wanted {
  /** Any number; another one is another configuration for every host. */
  change: number;
  /** Instead of `limits`. */
  limits?: Partial<typeof limits>;
  /** Further hosts beside the two. */
  more?: readonly string[];
  /** Any number; another one is another login secret, which both hosts have an end of. */
  secret?: number;
  /** Any number; another one is another target of each host. */
  target?: number;
}

export function addressOf(host: string): string {
  return addresses[host] ?? `10.231.77.${50 + Number(host.replace(/\D/g, ""))}`;
}

function configuration({ change, limits: other, more = [], secret = 0, target = 0 }: Wanted): string {
  // A scrape of the owner's own: nothing has to answer there.
  const scrapes = [{ job: "own", port: 20000 + target }];
  const hosts = [...Object.values(hostOf), ...more].map((name) => {
    const hostKey = must([machine, "host-key", name]).stdout.trim();
    return [name, { address: addressOf(name), ssh: { hostKey }, scrapes }];
  });
  return writeConfig(stack, {
    "nixmon:domain": "sandbox.test",
    "nixmon:allocations": { server: { monitoringPrimaryHost: hostOf.primary, identityHost: hostOf.exporter } },
    "nixmon:rotation": { grafanaOAuth: secret + 1 },
    // An address range that nobody is in: every host's firewall differs by it, and nothing else does.
    "nixmon:lan": ["10.231.77.0/24", `10.99.${change}.0/24`],
    "nixmon:limits": { ...limits, ...other },
    "nixmon:monitoring": { collector: { proxmox: { enable: false } } },
    "nixmon:hosts": Object.fromEntries(hosts),
  });
}

/** The file of a stack's configuration, below build/. */
export function writeConfig(name: string, config: Record<string, unknown>): string {
  const folder = `${root}/build/faults`;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/Pulumi.${name}.yaml`;
  writeFileSync(file, dump({ encryptionsalt, config }));
  return file;
}

// Of the passphrase in sandbox/env.sh; what it encrypts is made anew with each sandbox.
const encryptionsalt = "v1:EH9fPswtwRc=:v1:fBAxa0+9BNXktomH:TJw7y7f2E5ON2shxaeUs1gaGxhwpwg==";

/** Boots a host whose owner's configuration has a place for faults: /etc/nixos/fault.nix. */
export function boot(host: string): void {
  // The exporter host has a secret, too: its Kanidm has Grafana's.
  const template = host === hostOf.exporter ? "identity" : "base";
  const options = `--ip ${addressOf(host)} --template ${template} --authorized-keys ${publicKey}`.split(" ");
  must([machine, "up", host, ...options]);
  onHost(
    host,
    `cd /etc/nixos && { [ -e fault.nix ] || { mv configuration.nix owner.nix && echo '{ }' >fault.nix &&
     echo '{ imports = [ ./owner.nix ./fault.nix ]; }' >configuration.nix; }; }`,
  );
}

export function makeStack(name = stack): void {
  must(["pulumi", "stack", "select", "--create", "--non-interactive", name]);
}

/** Takes a stack and these hosts away, whatever state they are in, or whether they are there. */
export function unmake(hosts: readonly string[], name = stack): void {
  must([machine, "down", ...hosts]);
  run(["pulumi", "cancel", "--yes", "--stack", name]);
  run(["pulumi", "stack", "rm", "--yes", "--force", name]);
}

export interface Deployed {
  code: number | null;
  seconds: number;
  /** Everything that the engine printed. */
  output: string;
  /** Resources that it created, changed or removed. */
  changes: number;
}

/** A step of one host's deployment, as `up` shows it while it happens. */
export interface Step {
  host: string;
  name: string;
}

/** A deployment that is under way. */
export interface Deployment {
  ended: Promise<Deployed>;
  /** kill -9 of the engine alone: nobody tells its plugins, or what these started. */
  kill: () => void;
}

/** Starts `pulumi up` on the stack of faults; `onStep` hears of each step as it begins. */
export function start(wanted: Wanted, onStep?: (step: Step) => void): Deployment {
  return startUp(stack, configuration(wanted), onStep);
}

export function startUp(name: string, file: string, onStep: (step: Step) => void = () => undefined): Deployment {
  const words = `pulumi up --stack ${name} --yes --skip-preview --non-interactive --continue-on-error --color never`;
  const all = [...words.split(" "), "--config-file", file];
  const began = Date.now();
  const child = spawn("bash", ["-c", '. "$0/sandbox/env.sh" && exec "$@"', root, ...all], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const read = (line: string) => {
    output += `${line}\n`;
    const found = /([a-z0-9-]+): step (\w+): /.exec(line);
    if (found && / creating | updating /.test(line)) onStep({ host: found[1] ?? "", name: found[2] ?? "" });
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", read);
  const ended = new Promise<Deployed>((resolve) => {
    const finish = (code: number | null) =>
      resolve({ code, output, seconds: (Date.now() - began) / 1000, changes: changesIn(output) });
    child.on("close", finish);
    // A killed engine leaves its plugins behind, and these may hold its output open.
    child.on("exit", (code, signal) => {
      if (signal !== null) finish(code);
    });
  });
  return { ended, kill: () => child.kill("SIGKILL") };
}

export function deploy(wanted: Wanted): Promise<Deployed> {
  return start(wanted).ended;
}

/** The lines of what a run said at its end that are about one host. */
export function errorOf(output: string, host: string): string {
  const [, diagnostics = ""] = output.split(/^Diagnostics:$/m);
  const [said = ""] = diagnostics.split(/^(?:Outputs|Resources):$/m);
  const lines = said.split("\n").map((line) => line.trim());
  return lines.filter((line) => new RegExp(`^(push \\w+: .*|error: .*)?\\b${host}\\b`).test(line)).join("\n");
}

/** From the engine's own summary: lines such as `    ~ 2 updated` or `    12 unchanged`. */
export function changesIn(output: string): number {
  const summary = output.split(/^Resources:$/m)[1] ?? "";
  const counted = [...summary.matchAll(/^ +[-+~]+ ?(\d+) /gm)];
  return counted.reduce((sum, found) => sum + Number(found[1]), 0);
}

/** What a host is, seen without the agent, because asking the agent would let it repair things. */
export interface HostState {
  system: string;
  bootDefault: string;
  generation: string;
  pending: boolean;
  /** Whether the metric that proves the node exporter at work is there. */
  serves: boolean;
}

export function stateOf(host: string): HostState {
  const script = `readlink -f /run/current-system; readlink -f /nix/var/nix/profiles/system; readlink /var/lib/nixmon/current
    [ -e /var/lib/nixmon/state/pending ] && echo pending || echo idle
    curl -fsS --max-time 2 http://${addressOf(host)}:9100/metrics 2>/dev/null | grep -q '^node_load1 ' && echo serves || echo silent`;
  const ended = run([machine, "exec", host, "sh", "-c", script]);
  const [system = "", bootDefault = "", generation = "", pending, serves] = ended.stdout.split("\n");
  return { system, bootDefault, generation, pending: pending !== "idle", serves: serves === "serves" };
}

/** SHA-256 of each secret on a host, and of what each unit that runs holds of it: `GRAFANA_SECRET`, `grafana.service/GRAFANA_SECRET`. */
export function secretsOf(host: string): Record<string, string> {
  const script = `cd /var/lib/nixmon/secrets && find * -type f -exec sha256sum {} + | while read -r hash file; do
      printf '%s %s\n' "$hash" "$(printf %s "$file" | tr / _)"; done
    cd /run/credentials && sha256sum */* 2>/dev/null | grep -F .service/ || true`;
  const lines = onHost(host, script).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/ +/).reverse() as [string, string]));
}

/** The agent's own judgement: `[]` where every check of the running generation holds. */
export function failingChecks(host: string): string[] {
  const answer = onHost(host, "sh /var/lib/nixmon/agent status 2>/dev/null");
  return (JSON.parse(answer) as { failing: string[] }).failing;
}

/** Runs a command of sandbox/hosts/machine.sh. */
export function machines(...words: string[]): void {
  must([machine, ...words]);
}
