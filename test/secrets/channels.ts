import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { must, onHost, root } from "../engine/sandbox";
import { type Canary, forms, found } from "./canaries";
import { folder, host, stack } from "./vault";

/** Where a secret could be seen, each with a way to look; an answer names the kinds of secrets found and where. */
export type Channels = Record<string, () => string[]>;

const sandbox = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";
const samples = resolve(folder, "processes.jsonl");

/** What engine runs printed, collected over a test. */
export interface Printed {
  log: string;
  events: string;
  diffs: string;
}

/** Begins to watch command lines and environments of every process of this machine and of its hosts; the answer ends it. */
export function watchProcesses(): () => void {
  const child = spawn(process.execPath, ["test/secrets/sampler.js", samples, "25"], { cwd: root, stdio: "ignore" });
  return () => {
    child.kill();
  };
}

function texts(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(resolve(entry.parentPath, entry.name), "latin1"));
}

interface Sample {
  command: string[];
  environment: string[];
}

function seenProcesses(): Sample[] {
  const lines = existsSync(samples) ? readFileSync(samples, "utf8").split("\n") : [];
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Sample);
}

/** The engine gives the program its configuration, secrets included, in this variable; the kernel shows it to the same user alone. */
const ofTheEngine = "PULUMI_CONFIG=";

function environments(): string {
  const own = seenProcesses().flatMap(({ environment }) => environment.filter((one) => !one.startsWith(ofTheEngine)));
  return own.join("\n");
}

/** Lines of the engine's own log, from level 3 on, that show every property of every resource as it is. */
const engineDump =
  /(Unm|M)arshaling property for RPC|RegisterResource RPC (finished|prepared)|"diagnosticEvent":\{"prefix":"debug: "/;

function withoutEngineDump(text: string): string {
  return text
    .split("\n")
    .filter((line) => !engineDump.test(line))
    .join("\n");
}

/** What the engine itself shows at level 9, whatever program it runs: its limits, which docs/secrets.md tells. */
export function engineLimits(printed: Printed, canaries: readonly Canary[]): Channels {
  const variables = () => seenProcesses().flatMap(({ environment }) => environment);
  return {
    "the engine's log of properties": () => found(printed.log, canaries),
    "the program's PULUMI_CONFIG": () => found(variables().join("\n"), canaries),
  };
}

/** How many different command lines the watch has seen: a search through none would prove nothing. */
export function processesSeen(): number {
  return seenProcesses().length;
}

/**
 * Files of the host that hold a secret. The patterns go by stdin, since they are secrets themselves.
 * @param only a test of "$f" in shell that a file must pass
 */
function filesWithSecrets(canaries: readonly Canary[], folders: string, only = "true"): string[] {
  const script = `grep -rlFs -f - ${folders} | sort -u | while IFS= read -r f; do ${only} && printf '%s\\n' "$f"; done; true`;
  const input = `${canaries.flatMap(({ value }) => forms(value)).join("\n")}\n`;
  const { stdout } = must(["sandbox/hosts/machine.sh", "exec", host, "sh", "-c", script], { input });
  return stdout.split("\n").filter((path) => path !== "");
}

/** The whole host but what the kernel makes up; other mounts (/run, /tmp, the units' own) included. */
const everywhere = "/boot /dev/shm /etc /home /nix /opt /root /run /srv /tmp /var";

/** Only what user `nobody` can open, folders above included; asked as nobody. */
const openToAll = 'setpriv --reuid=nobody --regid=nogroup --clear-groups test -r "$f"';

export function channels(printed: Printed, canaries: readonly Canary[]): Channels {
  const among = (text: string) => found(text, canaries);
  return {
    "the engine's state": () => among(texts(`${sandbox}/state`).join("\n")),
    "the log of level 9": () => among(withoutEngineDump(printed.log)),
    "the diffs": () => among(printed.diffs),
    "the events": () => among(withoutEngineDump(printed.events)),
    "rendered files": () => among(rendered()),
    "what was sent as configuration": () => filesWithSecrets(canaries, "/var/lib/nixmon/generations"),
    "results of the evaluation": () => filesWithSecrets(canaries, "/nix /etc /run/current-system/"),
    "the journal": () => among(onHost(host, "journalctl --no-pager --quiet --output=export")),
    "command lines": () =>
      among(
        seenProcesses()
          .flatMap(({ command }) => command)
          .join("\n"),
      ),
    environments: () => among(environments()),
    "files that everybody may read": () => filesWithSecrets(canaries, everywhere, openToAll),
    "files of the deployer": () => among(deployerFiles()),
  };
}

function rendered(): string {
  must(["node", resolve(root, "dist/cli/render.js"), stack], { cwd: folder });
  return texts(resolve(folder, "build/rendered")).join("\n");
}

/** What runs leave on the deployer: temporary files, the engine's home; not the test's own folder, wherever the checkout is. */
function deployerFiles(): string {
  const script =
    'find /tmp "$PULUMI_HOME" -xdev -path "$1" -prune -o -type f -newer "$0" -size -4M -exec cat {} + 2>/dev/null || true';
  return must(["bash", "-c", script, resolve(folder, "begin"), folder]).stdout;
}

/** Every place of the host that holds a secret, for a comparison with those where it belongs. */
export function placesOfSecrets(canaries: readonly Canary[]): string[] {
  return filesWithSecrets(canaries, everywhere);
}
