import { must, onHost, run } from "../engine/sandbox";
import { type limits, machines, type Role } from "./cluster";

/** Where a deployment ends when a fault is in it; `killed` has no error, since nobody is left to print one. */
export interface Expected {
  /** The step that the error names. */
  step: string;
  /** The check or the cause, as the error names it. */
  says: RegExp;
}

/** A fault that is there before the deployment begins; it strikes both hosts in one run. */
export interface Planted {
  name: string;
  /** One line for the table. */
  what: string;
  plant: (host: string) => void;
  clear: (host: string) => void;
  /** Limits of the run with the fault. */
  limits?: Partial<typeof limits>;
  expected: Record<Role, Expected>;
  /** Whether it is among those that every test run tries. */
  third?: boolean;
}

/** The owner's own configuration, which is built together with what is pushed. */
function owner(body: (host: string) => string): Pick<Planted, "plant" | "clear"> {
  const write = (host: string, text: string) => onHost(host, `cat >/etc/nixos/fault.nix <<'NIX'\n${text}\nNIX`);
  return {
    plant: (host) => void write(host, `{ lib, ... }: { ${body(host)} }`),
    clear: (host) => void write(host, "{ }"),
  };
}

const both = (expected: Expected): Planted["expected"] => ({ primary: expected, exporter: expected });
const program = (unit: string, command: string) =>
  `systemd.services.${unit}.serviceConfig.ExecStart = lib.mkForce "${command}";`;
/** The service that each role stands for. */
const unitOf = (host: string) => (host === "mon" ? "prometheus" : "prometheus-node-exporter");
const unconfirmed = { step: "confirm" };

/** `fault.nix` of the interrupted deployments: activation and health gate take seconds, so that there is a moment to strike in. */
export const slow = owner(
  () => `
  systemd.services.slow = { wantedBy = [ "multi-user.target" ]; serviceConfig = { Type = "oneshot"; RemainAfterExit = true; ExecStart = "/bin/sleep 3"; }; };
  systemd.services.prometheus-node-exporter.preStart = "sleep 2";`,
);

export const planted: readonly Planted[] = [
  {
    name: "sshd-broken",
    what: "the new configuration makes sshd listen on loopback only",
    ...owner(() => `services.openssh.settings.ListenAddress = "127.0.0.1";`),
    expected: both({ ...unconfirmed, says: /connection refused/ }),
  },
  {
    name: "firewall",
    what: "the new configuration's firewall closes port 22",
    ...owner(() => "services.openssh.openFirewall = false;"),
    expected: both({ ...unconfirmed, says: /unreachable|sent no SSH banner/ }),
    third: true,
  },
  {
    name: "service-fails",
    what: "a service fails to start",
    ...owner((host) => program(unitOf(host), "/bin/false")),
    expected: {
      primary: { step: "gate", says: /unit prometheus\.service: \w+, not active/ },
      exporter: { step: "gate", says: /unit prometheus-node-exporter\.service: \w+, not active/ },
    },
  },
  {
    name: "never-ready",
    what: "a service starts but never gets ready",
    ...owner((host) => program(unitOf(host), "/bin/sleep infinity")),
    expected: {
      primary: { step: "gate", says: /(metric|ready) prometheus: http:\/\/\S+ does not answer/ },
      exporter: { step: "gate", says: /metric node: http:\/\/\S+\/metrics does not answer/ },
    },
  },
  {
    name: "no-proof-metric",
    what: "an exporter serves, but without its proof metric",
    ...owner(() => `services.prometheus.exporters.node.disabledCollectors = [ "loadavg" ];`),
    expected: both({ step: "gate", says: /metric node: http:\/\/\S+\/metrics does not show node_load1/ }),
  },
  {
    name: "disk-full",
    what: "the disk is full while the payload is staged",
    // A small disk of its own in place of /var/lib/nixmon, with the same content, filled to the last byte.
    plant: (host) =>
      void onHost(
        host,
        `cp -a /var/lib/nixmon /root/kept && mount -t tmpfs -o size=$(($(du -sk /root/kept | cut -f1) + 600))k,mode=755 tmpfs /var/lib/nixmon &&
         cp -a /root/kept/. /var/lib/nixmon/ && { dd if=/dev/zero of=/var/lib/nixmon/fill bs=4k 2>/dev/null; true; }`,
      ),
    clear: (host) => void onHost(host, "umount -l /var/lib/nixmon && rm -rf /root/kept"),
    expected: both({ step: "stage", says: /cannot (unpack|stage|write).*\(0 kB free/ }),
    third: true,
  },
  {
    name: "wrong-hash",
    what: "the payload is damaged between its unpacking and its check",
    plant: (host) =>
      void onHost(
        host,
        `mv /usr/bin/tar /usr/bin/tar.whole && printf '#!/bin/sh\\ntar.whole "$@"; for f in /var/lib/nixmon/incoming.*/host.json; do printf x >>"$f"; done\\n' >/usr/bin/tar && chmod 755 /usr/bin/tar`,
      ),
    clear: (host) => void onHost(host, "mv /usr/bin/tar.whole /usr/bin/tar"),
    expected: both({ step: "verify", says: /payload differs from its list: host\.json: FAILED/ }),
    third: true,
  },
  {
    name: "hung-build",
    what: "nixos-rebuild hangs",
    plant: (host) =>
      void onHost(
        host,
        `printf '#!/bin/sh\\nexec sleep 600\\n' >/root/hangs && chmod 755 /root/hangs && mount --bind /root/hangs /usr/share/nixmon-sandbox/guest/nixos-rebuild`,
      ),
    clear: (host) => void onHost(host, "umount /usr/share/nixmon-sandbox/guest/nixos-rebuild"),
    limits: { build: 6 },
    expected: both({ step: "build", says: /nixos-rebuild build took longer than 6 s/ }),
  },
];

/** Something that happens to one host's deployment at one of its steps. */
export interface Interruption {
  name: string;
  what: string;
  /** The step at whose beginning it happens, or a name for the moment. */
  at: string;
  /** A moment within a step, see `hold`: where, by what, and what of the configuration has to change for it to come. */
  moment?: { on: (host: string) => string; when: (host: string) => string; changes?: "secret" | "target" };
  /** The generation that runs afterwards; default the old one. */
  leaves?: "new";
  /** Ends the engine, so that nobody can print an error. */
  killsEngine: boolean;
  strike: (host: string, killEngine: () => void) => void;
  clear: (host: string) => void;
  /** What the error says; undefined where the engine is dead. */
  says?: RegExp;
  third?: readonly Role[];
}

/** The host takes no new connection, so that a trial has to wait for its confirmation; connections that are there go on. */
const shut = (host: string) =>
  void onHost(
    host,
    `nft list table inet fault >/dev/null 2>&1 || { nft add table inet fault &&
     nft add chain inet fault input '{ type filter hook input priority -10; }' &&
     nft add rule inet fault input tcp dport 22 ct state new drop; }`,
  );
const open = (host: string) => void onHost(host, "nft delete table inet fault 2>/dev/null || true");

const killAt = (at: string, third: readonly Role[] = []): Interruption => ({
  name: `engine-killed-at-${at}`,
  what: `kill -9 of the engine at step ${at}`,
  at,
  killsEngine: true,
  // Else a step later it might be confirmed, before anybody could notice.
  strike: (host, killEngine) => {
    shut(host);
    killEngine();
  },
  clear: open,
  third,
});

/**
 * Makes the agent's `sync` wait for some seconds where "$*", its arguments, fit: a slow disk, and a moment in which to strike. Steps that take
 * milliseconds are over before their line is read.
 */
export function hold(host: string, when: string): void {
  const script = `#!/bin/sh\n[ -e /run/held ] || { ${when} && : >/run/held && sleep 4; }\nexec /usr/bin/sync.whole "$@"\n`;
  must(
    [
      "sandbox/hosts/machine.sh",
      "exec",
      host,
      "sh",
      "-c",
      "mv /usr/bin/sync /usr/bin/sync.whole && cat >/usr/bin/sync && chmod 755 /usr/bin/sync",
    ],
    { input: script },
  );
}
export const isHeld = (host: string) =>
  run(["sandbox/hosts/machine.sh", "exec", host, "test", "-e", "/run/held"]).code === 0;
export const letGo = (host: string) => void onHost(host, "mv /usr/bin/sync.whole /usr/bin/sync; rm -f /run/held");

const here = (host: string) => host;
const killWithin = (
  at: string,
  what: string,
  moment: Interruption["moment"],
  more: Partial<Interruption>,
): Interruption => ({
  ...killAt(at),
  strike: (_, killEngine) => killEngine(),
  what: `kill -9 of the engine ${what}`,
  moment,
  ...more,
});

export const interruptions: readonly Interruption[] = [
  killWithin(
    "secrets",
    "between a new secret and the restart of those who read it",
    { on: here, when: () => `case "$*" in /var/lib/nixmon/secrets/[A-Z]*) ;; *) false ;; esac`, changes: "secret" },
    {},
  ),
  killAt("verify"),
  killAt("stage"),
  killAt("build"),
  killAt("activate", ["exporter"]),
  killAt("gate", ["primary"]),
  killAt("confirm"),
  killWithin(
    "confirming",
    "when the confirmation has begun: the new generation stays",
    { on: here, when: () => `[ "$1" = -f ] && grep -q '^P_phase=confirming$' /var/lib/nixmon/state/pending` },
    { leaves: "new", third: ["exporter"] },
  ),
  killWithin(
    "targets",
    "while the primary writes the host's targets: the new generation stays",
    {
      on: () => "mon",
      when: (host) => `case "$*" in /var/lib/nixmon/targets/.${host}.*) ;; *) false ;; esac`,
      changes: "target",
    },
    { leaves: "new" },
  ),
  {
    name: "power-cut-before-confirm",
    what: "the host is rebooted while it waits for its confirmation",
    at: "confirm",
    killsEngine: false,
    strike: (host) => machines("cut-power", host),
    clear: open,
    says: /step confirm: .*(cut short by a reboot|no trial of \w+ is waiting here|is back at its old configuration)/,
    third: ["exporter"],
  },
  {
    name: "power-cut-during-build",
    what: "the host is rebooted while it builds",
    at: "build",
    killsEngine: false,
    strike: (host) => machines("cut-power", host),
    clear: () => undefined,
    says: /at step build.*is back at its old configuration/,
  },
  {
    name: "network-cut",
    what: "the host's network is gone from the activation on",
    at: "activate",
    killsEngine: false,
    strike: (host) => machines("unplug", host),
    clear: (host) => machines("plug", host),
    says: /(connection was lost|stopped answering).*step (activate|gate|confirm).*State of \w+ unknown/s,
  },
];

/**
 * Before it strikes at `confirm`, or at `gate`, which may take no time, the way of the confirmation has to be shut; the step before is the last
 * moment for it.
 */
export function prepare(fault: Interruption, host: string, step: string): void {
  if ((fault.at === "confirm" && step === "gate") || (fault.at === "gate" && step === "activate")) shut(host);
}
