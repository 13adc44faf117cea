import type { HostData, ScrapeTarget } from "../../plan/types";
import type { Activation, HostLimits } from "./remote";
import type { Connection } from "./ssh";

// Written out instead of made with zod: loading that takes longer than all else that happens before ssh starts.

export interface HostInput {
  connection: Connection;
  /** The host's name in the stack; its key is pinned under it. */
  name: string;
  /** Its machine is made by the same stack. */
  made?: boolean;
}
export interface RemoveInput extends HostInput {
  activation: Activation;
}
export interface ApplyInput extends RemoveInput {
  /** `releaseHash` of the package that the stack saw. */
  release: string;
  limits: HostLimits;
  data: HostData;
}
export interface SecretsInput extends HostInput {
  secrets: Record<string, string>;
}
export interface TargetsInput extends HostInput {
  /** Whose targets these are; `name` is the primary, where they go. */
  host: string;
  targets: ScrapeTarget[];
}
/** stdin is not what the subcommand wants; the message lists every wrong key. */
export class InputError extends Error {
  override readonly name = "InputError";
}

type Fields = Record<string, unknown>;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const addressPattern = /^[A-Za-z0-9:][A-Za-z0-9.:%_-]{0,252}$/;
const keyPattern = /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]{40,}={0,2}( .*)?$/;
// No leading dash: none of them may be taken for an option of nixos-rebuild.
const flakePattern = /^[^\s-]\S*#[^\s-]\S*$/;
const wordPattern = /^[A-Za-z0-9_][\w@.:-]*$/;
const secretPattern = /^[A-Z0-9_]+(\/[A-Z0-9_]+)*$/;

/** Reads one JSON object and collects what is wrong with it. */
export class Reader {
  readonly #wrong: string[] = [];
  readonly fields: Fields;

  constructor(text: string) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new InputError(`stdin is no JSON (${text.length} characters): want the object that the component sends`);
    }
    this.fields = this.object("stdin", value);
  }

  object(key: string, value: unknown): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    this.wrong(key, value, "an object");
    return {};
  }

  text(key: string, value: unknown, pattern: RegExp, wanted: string): string {
    if (typeof value === "string" && pattern.test(value)) return value;
    this.wrong(key, value, wanted);
    return "";
  }

  number(key: string, value: unknown, least: number, most: number): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    this.wrong(key, value, `a whole number from ${least} to ${most}`);
    return least;
  }

  wrong(key: string, value: unknown, wanted: string): void {
    const shown = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value)).slice(0, 60);
    this.#wrong.push(`${key}: got ${shown}, want ${wanted}`);
  }

  /** @throws InputError when anything was wrong */
  finish<T>(result: T): T {
    if (this.#wrong.length > 0) throw new InputError(`stdin: ${this.#wrong.join("; ")}`);
    return result;
  }

  activation(): Activation {
    if (this.fields.activation === undefined) return {};
    const { flake, impure, overrideInput, buildHost } = this.object("activation", this.fields.activation);
    const elsewhere =
      buildHost === undefined
        ? {}
        : { buildHost: this.text("activation.buildHost", buildHost, wordPattern, "a host such as root@builder") };
    if (flake === undefined) return elsewhere;
    const from = { flake: this.text("activation.flake", flake, flakePattern, "a flake such as /etc/nixos#nixio") };
    if (overrideInput !== undefined) {
      const input = this.text("activation.overrideInput", overrideInput, wordPattern, "the name of a flake's input");
      return { ...from, ...elsewhere, overrideInput: input };
    }
    if (impure !== true) this.wrong("activation.impure", impure, "true, or activation.overrideInput");
    return { ...from, ...elsewhere, impure: true };
  }

  address(key: string, value: unknown): string {
    return this.text(key, value, addressPattern, "a host name or address");
  }

  name(key: string, value: unknown): string {
    return this.text(key, value, namePattern, "a host name");
  }

  host(): HostInput {
    const from = this.object("connection", this.fields.connection);
    const name = this.name("name", this.fields.name);
    if (from.host === "") throw new InputError(noAddress(name));
    const { made } = this.fields;
    if (made !== undefined && made !== true) this.wrong("made", made, "true, or nothing");
    return {
      name,
      ...(made === true ? { made } : {}),
      connection: {
        host: this.address("connection.host", from.host),
        port: this.number("connection.port", from.port, 1, 65_535),
        user: this.text("connection.user", from.user, /^[A-Za-z_][\w.-]*$/, "a user name"),
        hostKey: this.text(
          "connection.hostKey",
          from.hostKey,
          keyPattern,
          "a public key such as `ssh-ed25519 AAAA...`",
        ),
      },
    };
  }
}

/** A machine that gets its address by DHCP has shown none in the time that the Proxmox provider waits. */
export function noAddress(name: string, networkCard?: string): string {
  const where = networkCard ?? `the interface that hosts.${name}.address names`;
  return (
    `${name}: no IPv4 address was found on ${where}. Is there a DHCP server on the machine's bridge and VLAN, is the interface called that ` +
    "in the machine (`ip -4 -br address` on its console), does its guest agent run (VM: services.qemuGuest.enable)? Then " +
    "`pulumi up --refresh` asks again; or give the host a fixed address"
  );
}

export function readHost(text: string): HostInput {
  const reader = new Reader(text);
  return reader.finish(reader.host());
}

/** What `remove` reads is what `apply` was given: the state keeps one stdin for both. */
export function readRemove(text: string): RemoveInput {
  const reader = new Reader(text);
  return reader.finish({ ...reader.host(), activation: reader.activation() });
}

export function readApply(text: string): ApplyInput {
  const reader = new Reader(text);
  const host = reader.host();
  const limits = reader.object("limits", reader.fields.limits);
  const data = reader.object("data", reader.fields.data);
  if (data.schema !== 1) reader.wrong("data.schema", data.schema, "1");
  if (data.host !== host.name) reader.wrong("data.host", data.host, `the connection's host name, ${host.name}`);
  return reader.finish({
    ...host,
    activation: reader.activation(),
    release: reader.text("release", reader.fields.release, /^[0-9a-f]{64}$/, "a SHA-256 in hex"),
    limits: {
      build: reader.number("limits.build", limits.build, 1, 86_400),
      activate: reader.number("limits.activate", limits.activate, 5, 3600),
      gate: reader.number("limits.gate", limits.gate, 1, 3600),
      confirm: reader.number("limits.confirm", limits.confirm, 10, 3600),
    },
    // What is inside is checked by the plan that made it and by the modules that read it.
    data: data as unknown as HostData,
  });
}

export function readSecrets(text: string): SecretsInput {
  const reader = new Reader(text);
  const host = reader.host();
  const secrets: Record<string, string> = {};
  for (const [key, value] of Object.entries(reader.object("secrets", reader.fields.secrets))) {
    if (!secretPattern.test(key)) reader.wrong(`secrets, key ${key}`, key, "capitals, digits, _ and / between");
    // Never shown, whatever it is.
    if (typeof value === "string" && value !== "") secrets[key] = value;
    else
      reader.wrong(`secrets.${key}`, typeof value === "string" ? "" : `a ${typeof value}`, "a text that is not empty");
  }
  return reader.finish({ ...host, secrets });
}

export function readTargets(text: string): TargetsInput {
  const reader = new Reader(text);
  const host = reader.host();
  const targets = reader.fields.targets;
  if (!Array.isArray(targets)) reader.wrong("targets", targets, "a list of scrape targets");
  return reader.finish({
    ...host,
    host: reader.text("host", reader.fields.host, namePattern, "a host name"),
    targets: targets as ScrapeTarget[],
  });
}
