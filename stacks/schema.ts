import { isIP } from "node:net";
import { z } from "zod";
import type { Activation } from "../cli/push/remote";
import type { RotationName, secretKeyConsent } from "../plan/secrets";

/**
 * The shape of a stack's configuration (the keys under `nixmon:` in `Pulumi.<stack>.yaml`). Only shapes and single values are checked
 * here; what needs the whole cluster (two exporters on one port, an allocation that names no host) is in `plan/validate.ts`.
 */

/** A value with a name for what it should be; the error formatter prints `got X, want <name>`, and the reference shows it as type. */
const text = (want: string, test: (value: string) => boolean) =>
  z.string({ error: want }).refine(test, { error: want }).meta({ title: want });

const address = text("an IPv4 or IPv6 address", (value) => isIP(value) !== 0);
const port = z
  .int({ error: "a port, 1 to 65535" })
  .min(1, { error: "a port, 1 to 65535" })
  .max(65535, { error: "a port, 1 to 65535" });
const hostName = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const domainName = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]*[a-z0-9]$/;
const domain = text("a domain name such as example.net", (value) => domainName.test(value));
const flag = z.boolean({ error: "true or false" });
const duration = text("a duration such as 90d, 24h or 30s", (value) => /^(\d+(y|w|d|h|ms|m|s))+$/.test(value));
const size = text("a size such as 512MiB, 2GiB or 1TiB", (value) => /^[1-9]\d*(MiB|GiB|TiB)$/.test(value));
const bytes = text("a size in Prometheus' units such as 512MB or 40GB", (value) => /^[1-9]\d*(MB|GB|TB)$/.test(value));
const count = z.int({ error: "a whole number of at least 1" }).min(1, { error: "a whole number of at least 1" });
const url = text("an http or https URL", (value) => /^https?:\/\/[^\s/]+/.test(value));
const cidr = text("a range such as 10.0.0.0/16", (value) => {
  const [ip = "", bits = "", more] = value.split("/");
  const version = isIP(ip);
  return more === undefined && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
});
const rotation = z.int({ error: "a whole number" }).optional();
const enable = z.strictObject({ enable: flag.optional() });

const monitoring = z.strictObject({
  enable: flag.optional(),
  retention: z
    .strictObject({ metrics: duration.optional(), metricsSize: bytes.optional(), logs: duration.optional() })
    .optional(),
  exporters: z.record(z.string(), z.strictObject({ enable: flag.optional(), port: port.optional() })).optional(),
  logs: enable.optional(),
  collector: z
    .strictObject({
      enable: flag.optional(),
      grafana: z.strictObject({ kanidm: enable.optional() }).optional(),
      alerting: z
        .strictObject({
          enable: flag.optional(),
          homeAssistant: z.strictObject({ enable: flag.optional(), url: url.optional() }).optional(),
          nextcloudTalk: z
            .strictObject({
              enable: flag.optional(),
              url: url.optional(),
              room: z.string().optional(),
              user: z.string().optional(),
            })
            .optional(),
          heartbeat: enable.optional(),
        })
        .optional(),
      proxmox: enable.optional(),
    })
    .optional(),
  alerts: z
    .record(
      z.string(),
      z.strictObject({
        enable: flag.optional(),
        for: duration.optional(),
        thresholds: z.record(z.string(), z.number({ error: "a number" })).optional(),
      }),
    )
    .optional(),
});

const hostKey = text("a public key in the form `ssh-ed25519 AAAA...`", (value) =>
  /^(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa|rsa-sha2-\d+) [A-Za-z0-9+/=]+$/.test(value),
);

/** How a host is reached; a host's own values win over the cluster-wide ones. */
const ssh = z.strictObject({ user: z.string().min(1).optional(), port: port.optional(), hostKey: hostKey.optional() });

const provisioned = {
  /** Proxmox node that runs it; default: `proxmox.node`. */
  node: z.string().optional(),
  cores: count.default(2),
  memory: size.default("2GiB"),
  disk: size.default("20GiB"),
  bridge: z.string().default("vmbr0"),
  vlan: z.int().min(1).max(4094).optional(),
  /** Prefix length of the host's address. */
  prefix: z.int().min(1).max(128).default(24),
  gateway: address.optional(),
  dns: z.array(address).default([]),
  datastore: z.string().optional(),
  pool: z.string().optional(),
  tags: z.array(z.string()).default([]),
  vmId: z.int().min(100).optional(),
  startOrder: count.optional(),
  protect: flag.optional(),
};

const machine = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("vm"),
      template: z.int({ error: "the VM id of a template" }).min(100),
      ...provisioned,
    }),
    z.strictObject({
      type: z.literal("lxc"),
      template: z.string({ error: "a template file id such as local:vztmpl/nixos.tar.xz" }),
      ...provisioned,
    }),
    z.strictObject({ type: z.literal("existing") }),
  ],
  { error: "an object whose `type` is vm, lxc or existing" },
);

const word = (want: string) => text(want, (value) => /^[A-Za-z0-9_][\w@.:-]*$/.test(value));
const buildHost = word("a host such as root@builder").optional();
const flake = text("a flake with the host's attribute, such as /etc/nixos#nixio", (value) =>
  /^[^\s-]\S*#[^\s-]\S*$/.test(value),
);

/** How the host's own configuration is built, see `Activation`. */
const activation = z
  .strictObject({
    flake: flake.optional(),
    impure: z.literal(true, { error: "true, or nothing" }).optional(),
    overrideInput: word("the name of one of the flake's inputs").optional(),
    buildHost,
  })
  .refine(
    (given) => Number(given.flake !== undefined) === Number(given.impure ?? false) + Number("overrideInput" in given),
    {
      error: "beside `flake` either `impure: true` or `overrideInput`, and these two with `flake` only",
    },
  )
  .transform((given) => given as Activation);

const virtualHost = z.strictObject({
  upstream: text("host:port", (value) => /^[^\s:]+:\d{1,5}$/.test(value) || /^\[[0-9a-f:]+\]:\d{1,5}$/.test(value)),
  access: z.enum(["public", "lan"], { error: "public or lan" }).default("lan"),
  /** Whether the primary probes it. */
  probe: flag.default(true),
  probePath: text("a path that begins with /", (value) => value.startsWith("/")).default("/"),
});

const seconds = (least: number, most: number) => {
  const want = `seconds, a whole number from ${least} to ${most}`;
  return z.int({ error: want }).min(least, { error: want }).max(most, { error: want }).optional();
};

/** How long a host may take, see `HostLimits`; a host's own values win over the cluster-wide ones. */
const limits = z.strictObject({
  build: seconds(1, 86_400),
  activate: seconds(5, 3600),
  gate: seconds(1, 3600),
  confirm: seconds(10, 3600),
});

const host = z.strictObject({
  address,
  machine: machine.default({ type: "existing" }),
  ssh: ssh.default({}),
  activation: activation.optional(),
  limits: limits.default({}),
  virtualHosts: z.record(domain, virtualHost).default({}),
  postgresDatabases: z.array(z.string().min(1)).default([]),
  redisInstances: z.record(z.string(), z.strictObject({ port })).default({}),
  monitoring: monitoring.default({}),
  scrapes: z
    .array(
      z.strictObject({
        job: text("a job name of letters, digits, - and _", (value) => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(value)),
        port,
        path: text("a path that begins with /", (value) => value.startsWith("/")).default("/metrics"),
        scheme: z.enum(["http", "https"], { error: "http or https" }).default("http"),
        bearerTokenSecret: text("a name of capitals, digits and _", (value) => /^[A-Z0-9_]+$/.test(value)).optional(),
      }),
    )
    .default([]),
});

export const stackSchema = z.strictObject({
  program: z.enum(["cluster", "fleet"], { error: "cluster or fleet" }).default("cluster"),
  domain,
  allocations: z.strictObject({
    server: z.strictObject({
      monitoringPrimaryHost: z.string({ error: "the name of the host that runs the collectors" }),
      ioPrimaryHost: z.string().optional(),
      identityHost: z.string().optional(),
    }),
  }),
  /** Address of a primary that another stack owns; wanted by the `fleet` program only. */
  primaryAddress: address.optional(),
  lan: z
    .array(cidr, { error: "a list of ranges such as 10.0.0.0/16" })
    .min(1, { error: "at least one range such as 10.0.0.0/16" }),
  ssh: ssh
    .omit({ hostKey: true })
    .extend({ publicKeyFiles: z.array(z.string()).default([]) })
    .prefault({}),
  limits: limits.default({}),
  proxmox: z
    .strictObject({
      endpoint: url,
      node: z.string({ error: "the name of a Proxmox node" }).default("pve"),
      /** Skips the check of the API's certificate. Only where nothing else is possible. */
      insecure: flag.default(false),
      username: z.string().default("root@pam"),
      realm: z.string().default("pve"),
    })
    .optional(),
  monitoring: monitoring.default({}),
  hosts: z.record(z.string().regex(hostName, { error: "a host name of lower-case letters, digits and -" }), host, {
    error: "a map of host name to host",
  }),
  /** Stacks whose `scrapeTargets` this primary scrapes too, in the form organization/project/stack. */
  fleets: z.array(text("organization/project/stack", (value) => value.split("/").length === 3)).default([]),
  /** How the primary probes the virtual hosts, see `ProbeOptions`. */
  probes: z
    .strictObject({
      enable: flag.optional(),
      scheme: z.enum(["http", "https"], { error: "http or https" }).optional(),
      verifyTls: flag.optional(),
      direct: flag.optional(),
    })
    .default({}),
  /** Where the pages of `docs/runbooks/` are published, for the link in each alert. */
  runbooks: url.optional(),
  /** Rotation numbers, see `rotations`: another number makes another secret. Absent is 1. */
  rotation: z
    .strictObject({
      grafanaSecretKey: rotation,
      /** Consent to a rotation of `grafanaSecretKey`; the same number. */
      grafanaLosesStoredSecrets: rotation,
      grafanaAdminPassword: rotation,
      grafanaOAuth: rotation,
      homeAssistantWebhook: rotation,
      proxmoxToken: rotation,
    } satisfies Record<RotationName | typeof secretKeyConsent, typeof rotation>)
    .default({}),
});

export type StackValues = z.output<typeof stackSchema> & {
  /** Names of the secrets that the user gave. */
  givenSecrets: readonly string[];
};
export type HostValues = StackValues["hosts"][string];
export type MachineValues = HostValues["machine"];

/** Secrets that a user may give; everything else is made by the program. `scrapeTokens` is a map of name to token. */
export const givenSecrets = [
  "proxmoxPassword",
  "proxmoxApiToken",
  "homeAssistantWebhookUrl",
  "nextcloudTalkPassword",
  "heartbeatUrl",
  "scrapeTokens",
] as const;
