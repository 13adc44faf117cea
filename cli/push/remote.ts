/** Builds what runs on the host. Nothing here runs anything; every word of a command goes through `quote`. */

/** A word for any POSIX shell. Plain words stay readable. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new Error(`${JSON.stringify(word)} holds a NUL, which no command line can`);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** How long the host may take, seconds. */
export interface HostLimits {
  /** Building the new system. */
  build: number;
  /** Activating it: `switch-to-configuration test`. */
  activate: number;
  /** From activation until every check holds. */
  gate: number;
  /** From there to the confirmation over a second connection; afterwards the host rolls back by itself. */
  confirm: number;
}

/** The host's own configuration is a flake: its reference with the host's attribute, such as `/etc/nixos#nixio`. */
export interface FlakeActivation {
  flake: string;
  /** Machine that builds in the host's place, as `nixos-rebuild --build-host` takes it. Default: the host. */
  buildHost?: string | undefined;
}

/**
 * How the host's own configuration, which imports ours, is built: by channel; as a flake that reads /etc/nixos/nixmon (`impure`); or as a
 * flake one of whose inputs is replaced by the pushed folder (`overrideInput`).
 */
export type Activation =
  | { buildHost?: string | undefined }
  | (FlakeActivation & { impure: true })
  | (FlakeActivation & { overrideInput: string });

function activationWords(activation: Activation): string[] {
  const flake = "flake" in activation ? [`flake=${activation.flake}`] : [];
  const impure = "impure" in activation ? ["impure=yes"] : [];
  const input = "overrideInput" in activation ? [`input=${activation.overrideInput}`] : [];
  const elsewhere = activation.buildHost === undefined ? [] : [`build-host=${activation.buildHost}`];
  return [...flake, ...impure, ...input, ...elsewhere];
}

/** What a stack that says nothing gets. The build's is long because a host may have to compile; the others are all about rolling back soon. */
export const defaultLimits: HostLimits = { build: 1800, activate: 300, gate: 90, confirm: 60 };

/** How often the deployer shows that it is there, and how long the agent waits for that at most; seconds. */
export const heartbeat = { every: 3, gone: 30 } as const;

/** A host that may be without its deployer for a short time only is not to wait longer for one that fell silent. */
export function silenceAllowed(limits: HostLimits): number {
  return Math.min(heartbeat.gone, limits.confirm);
}

// An ssh session without login shell may lack NixOS's own path.
const path = "PATH=$PATH:/run/wrappers/bin:/run/current-system/sw/bin";

// stdin: the length of the archive (see `measured`), the archive, then heartbeats. Each read is bounded: when the network between is gone, stdin
// does not end.
const unpackAndRun = `${path}
fail() {
  place=/var/lib/nixmon; [ -d $place ] || place=/var/lib
  echo "nixmon-agent: FAILED $(uname -n): step stage: cannot unpack below /var/lib/nixmon ($(df -Pk $place | awk 'END { print $4 }') kB free): $(echo "$why" | head -n 1)
nixmon-agent: STATE $(uname -n): nothing was activated; the host runs generation $(basename "$(readlink /var/lib/nixmon/current || echo none)"), system $(readlink -f /run/current-system)" >&2
  exit 12
}
umask 022
read -r id </proc/sys/kernel/random/uuid && dir=/var/lib/nixmon/incoming.$id && why=$(exec mkdir -p "$dir" 2>&1) || fail
why=$(exec timeout 300 sh -c 'read -r length && head -c "$length" | tar -xzf - -C "$0"' "$dir" 2>&1) || { rm -rf "$dir"; fail; }
exec sh "$dir/agent" apply "$dir" "$@"`;

// What comes next on stdin, see `measured`.
const next = `timeout 60 sh -c 'read -r length && exec head -c "$length"'`;

// stdin: the length of the agent, the agent, then what its command reads. It goes through no file and no command line.
const readAndRun = `${path}
agent=$(${next}) && eval "$agent"`;

/** What a host that serves says on both outputs when a command of it went well. */
export const ended = "nixmon-agent: ended";

// stdin: commands, each after its length and before what it reads. The first one that fails ends it, with its exit code; so does a minute of silence.
const serveAndWait = `${path}
code=1
while command=$(${next}) && [ -n "$command" ]; do
  eval "$command" || exit
  code=0; echo '${ended}'; echo '${ended}' >&2
done
exit "$code"`;

/** Runs on the host what its stdin says, one after another: a connection that may be kept for the next one, see `inCommand`. */
export function serveCommand(user: string): string {
  return asRoot(user, ["sh", "-c", serveAndWait]);
}

/** stdin of `serveCommand` for a command of the agent: a process of its own, then what that reads. It must know by itself where this ends. */
export function inCommand(agent: Buffer, words: readonly string[], input: string): Buffer {
  const command = ["sh", "-c", agent.toString(), "nixmon", ...words].map(quote).join(" ");
  return Buffer.concat([wholeOrNothing(command), Buffer.from(input)]);
}

/** What a host that serves, as root, needs before the input of `command`, which takes the rest of the connection for itself. */
export function lastCommand(command: string): Buffer {
  return wholeOrNothing(`exec ${command}`);
}

/** In braces: of a text that was cut on its way, whatever is left of it, a shell runs nothing. */
function wholeOrNothing(command: string): Buffer {
  return measured(Buffer.from(`{ ${command}\n}`));
}

/** Unpacks the payload from stdin and tries it out; the answer on stdout is empty when it waits for its confirmation. */
export function applyCommand(user: string, hash: string, limits: HostLimits, activation: Activation = {}): string {
  const { build, activate, gate, confirm } = limits;
  const bounds = [`build=${build}`, `activate=${activate}`, `gate=${gate}`, `confirm=${confirm}`];
  const words = [hash, ...bounds, `watch=${silenceAllowed(limits)}`, ...activationWords(activation)];
  return asRoot(user, ["sh", "-c", unpackAndRun, "nixmon", ...words]);
}

/** Makes the trial of `hash` permanent; run by the agent that the apply left on the host. */
export function confirmCommand(user: string, hash: string, limits: HostLimits): string {
  return asRoot(user, ["sh", "/var/lib/nixmon/agent", "confirm", hash, `watch=${silenceAllowed(limits)}`]);
}

/** The agent's words for taking nixmon off a host. */
export function removeWords(build: number, activation: Activation = {}): string[] {
  return ["remove", `build=${build}`, `watch=${heartbeat.gone}`, ...activationWords(activation)];
}

/** Runs a command of the agent that comes on stdin. */
export function agentCommand(user: string, words: readonly string[]): string {
  return asRoot(user, ["sh", "-c", readAndRun, "nixmon", ...words]);
}

function asRoot(user: string, words: readonly string[]): string {
  return [...(user === "root" ? [] : ["sudo", "-n"]), ...words].map(quote).join(" ");
}

/** stdin of `agentCommand`: the agent, then the command's own input. */
export function agentInput(agent: Buffer, input: string): Buffer {
  return Buffer.concat([measured(agent), Buffer.from(input)]);
}

/** The bytes after their number, in eight digits and a newline: a shell that reads more than that takes it from what follows. */
export function measured(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${String(bytes.length).padStart(8, "0")}\n`), bytes]);
}

/** stdin of the agent's `secrets`: base64, and an end mark so that a list cut short is never taken for a whole one. */
export function secretLines(secrets: Readonly<Record<string, string>>): string {
  const lines = Object.entries(secrets).map(([key, value]) => `${key}\t${Buffer.from(value).toString("base64")}\n`);
  return `${lines.join("")}.\n`;
}
