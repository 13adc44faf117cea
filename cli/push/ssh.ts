import { createHash } from "node:crypto";

/** How a host is reached. The private key is never among these: it comes from the SSH agent, the user's ssh config or `NIXMON_SSH_KEY`. */
export interface Connection {
  host: string;
  port: number;
  /** Another user than `root` needs passwordless sudo. */
  user: string;
  /** The host's public key in authorized_keys form, `ssh-ed25519 AAAA...`; any other one is refused before anything is sent. */
  hostKey: string;
}

/** What the environment says about ssh; never part of stdin or state. */
export interface SshEnvironment {
  /** NIXMON_SSH_KEY: private key file; default: the SSH agent or the user's ssh config. */
  key?: string | undefined;
  /** NIXMON_SSH_CONFIG: ssh config file; default: the user's. */
  config?: string | undefined;
  /** Value of `KexAlgorithms`, see `keyExchange`; default: ssh's own. */
  keyExchange?: string | undefined;
}

/**
 * The order of key exchanges to ask for, or undefined for ssh's own. Before 9.9 OpenSSH prefers sntrup761, 80 ms of CPU for each connection:
 * a third of what a push takes. From 9.9 on mlkem768 comes first, which is as quick as curve25519 and stays.
 * @param known what `ssh -Q kex` prints
 */
export function keyExchange(known: string): string | undefined {
  return known.split("\n").includes("mlkem768x25519-sha256") ? undefined : "^curve25519-sha256";
}

/** Arguments of `ssh` up to and without the remote command. The host key is looked up by the host's name, so addresses may change. */
export function sshArguments(
  connection: Connection,
  name: string,
  knownHosts: string,
  environment: SshEnvironment,
  connectSeconds = 10,
): string[] {
  const options = [
    "BatchMode=yes",
    "NumberOfPasswordPrompts=0",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${knownHosts}`,
    "GlobalKnownHostsFile=/dev/null",
    `HostKeyAlias=${name}`,
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
    "ControlMaster=no",
    "ControlPath=none",
    `ConnectTimeout=${connectSeconds}`,
    "ConnectionAttempts=1",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "RequestTTY=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    ...(environment.key === undefined ? [] : ["IdentitiesOnly=yes"]),
    ...(environment.keyExchange === undefined ? [] : [`KexAlgorithms=${environment.keyExchange}`]),
  ];
  return [
    ...(environment.config === undefined ? [] : ["-F", environment.config]),
    ...(environment.key === undefined ? [] : ["-i", environment.key]),
    ...options.flatMap((option) => ["-o", option]),
    "-p",
    String(connection.port),
    "-l",
    connection.user,
    "--",
    connection.host,
  ];
}

/** The known_hosts file that pins the host. */
export function knownHostsLine(name: string, hostKey: string): string {
  return `${name} ${keyWords(hostKey).join(" ")}\n`;
}

/** `SHA256:...` as ssh prints it. */
export function fingerprint(hostKey: string): string {
  const blob = Buffer.from(keyWords(hostKey)[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function keyWords(hostKey: string): string[] {
  return hostKey.trim().split(/\s+/).slice(0, 2);
}
