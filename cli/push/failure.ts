import { type Connection, fingerprint } from "./ssh";

/** Why a host was not reached. `gone`: nothing of it answers, as after it was destroyed. */
export interface ConnectionFailure {
  kind: FailureKind;
  gone: boolean;
  /** Worth another try: sshd is just starting, or turns away a burst of connections. */
  passing: boolean;
  message: string;
}

export type FailureKind =
  | "name"
  | "refused"
  | "unreachable"
  | "no banner"
  | "closed"
  | "host key"
  | "host key type"
  | "key refused"
  | "key file"
  | "sudo"
  | "lost"
  | "other";

export interface FailureContext {
  name: string;
  connection: Connection;
  connectSeconds: number;
}

interface Row {
  pattern: RegExp;
  kind: FailureKind;
  gone?: boolean;
  passing?: boolean;
  text: (where: string, context: FailureContext, stderr: string) => string;
}

// First match wins.
const rows: readonly Row[] = [
  {
    pattern: /Could not resolve hostname/,
    kind: "name",
    gone: true,
    text: (where) => `${where}: the name does not resolve; give an address, or mend DNS on this machine`,
  },
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known for/,
    kind: "host key",
    text: (where, { connection }, stderr) =>
      `${where}: the host key differs: expected fingerprint ${fingerprint(connection.hostKey)}, ` +
      `got ${shownFingerprint(stderr)}. Nothing was sent. If the machine was really reinstalled, print its key there ` +
      "(cat /etc/ssh/ssh_host_ed25519_key.pub) and put it in the stack as the host's ssh.hostKey; else somebody else answers at this address",
  },
  {
    pattern: /no matching host key type/,
    kind: "host key type",
    text: (where, { connection }) =>
      `${where}: the host has no key of the pinned type ${connection.hostKey.split(" ")[0] ?? ""}; pin one that it has (ls /etc/ssh/ssh_host_*_key.pub)`,
  },
  {
    pattern: /Connection refused/,
    kind: "refused",
    gone: true,
    passing: true,
    text: (where) =>
      `${where}: connection refused: the machine is up but nothing listens there; is sshd running, is the port right?`,
  },
  {
    pattern: /during banner exchange|banner exchange: .*timed? ?out|Connection to .* timed out/i,
    kind: "no banner",
    gone: true,
    text: (where, { connectSeconds }) =>
      `${where}: something accepts connections but sent no SSH banner within ${connectSeconds} s: the host hangs, or another program has the port`,
  },
  {
    pattern: /timed out|No route to host|Network is unreachable|Host is down/i,
    kind: "unreachable",
    gone: true,
    text: (where, { connectSeconds }) =>
      `${where}: unreachable: no answer within ${connectSeconds} s; is the machine on, is the address right, does a firewall drop SSH?`,
  },
  {
    pattern: /Permission denied \(|Too many authentication failures|No supported authentication methods/,
    kind: "key refused",
    text: (where, { connection }, stderr) =>
      `${where}: the host is the right one but refused every key offered for user ${connection.user}` +
      `${/Identity file .* not accessible|bad permissions|error in libcrypto|invalid format/.test(stderr) ? " (the key file could not be used, see above)" : ""}. ` +
      `Put the public key into ${connection.user}'s authorized_keys there, or offer the right private key: NIXMON_SSH_KEY=file, ssh-add, or IdentityFile in your ssh config`,
  },
  {
    pattern: /sudo: .*(password is required|a terminal is required|not allowed|may not run|not in the sudoers)/,
    kind: "sudo",
    text: (where, { connection }) =>
      `${where}: user ${connection.user} may not use sudo without a password; connect as root, or allow it on the host (security.sudo.extraRules with NOPASSWD)`,
  },
  {
    pattern: /not responding|Broken pipe|client_loop|Connection to \S+ closed by remote host/,
    kind: "lost",
    text: (where) => `${where}: the connection was lost`,
  },
  {
    pattern: /kex_exchange_identification|Connection (closed|reset) by|Connection closed/,
    kind: "closed",
    gone: true,
    passing: true,
    text: (where) =>
      `${where}: the SSH server closed the connection at once: it is overloaded (MaxStartups), starting, or bans this address`,
  },
];

/** What ssh's own words mean for the person who deploys; unknown ones are passed on. */
export function explain(stderr: string, context: FailureContext): ConnectionFailure {
  const { name, connection } = context;
  const where = `${name} (${connection.user}@${connection.host} port ${connection.port})`;
  const row = rows.find(({ pattern }) => pattern.test(stderr));
  if (row === undefined) {
    const own = stderr.split("\n").filter((line) => !line.startsWith("nixmon-agent: "));
    const words = own.join("\n").trim() || "ssh said nothing";
    return { kind: "other", gone: false, passing: false, message: `${where}: ssh failed: ${words}` };
  }
  const message = row.text(where, context, stderr);
  return { kind: row.kind, gone: row.gone ?? false, passing: row.passing ?? false, message };
}

function shownFingerprint(stderr: string): string {
  return /SHA256:[A-Za-z0-9+/]+/.exec(stderr)?.[0] ?? "a key of another type";
}
