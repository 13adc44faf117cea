import { z } from "zod";
import { isHostName, isHostPort } from "../plan/address";
import { isScrapeName } from "../plan/conflicts";
import { databaseNameForm, isDatabaseName, isRedisName, redisNameForm } from "../plan/databases";
import { isIdentityUrl } from "../plan/kanidm";
import type { RotationName, secretKeyConsent } from "../plan/secrets";
import { activation, hostAddress, machine, ssh } from "./machineSchema";
import { address, bytes, cidr, domain, duration, flag, port, text, url } from "./values";

/**
 * The shape of a stack's configuration (the keys under `nixmon:` in `Pulumi.<stack>.yaml`). Only shapes and single values are checked
 * here; what needs the whole cluster (two exporters on one port, an allocation that names no host) is in `plan/validate.ts`.
 */
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
const virtualHost = z.strictObject({
  upstream: text("host:port", isHostPort).optional(),
  access: z.enum(["public", "lan"], { error: "public or lan" }).optional(),
  /** Whether the primary probes it. */
  probe: flag.optional(),
  probePath: text("a path that begins with /", (value) => value.startsWith("/")).optional(),
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
  address: hostAddress,
  machine: machine.default({ type: "existing" }),
  ssh: ssh.default({}),
  activation: activation.optional(),
  limits: limits.default({}),
  virtualHosts: z.record(domain, virtualHost).default({}),
  postgresDatabases: z.array(text(databaseNameForm, isDatabaseName)).default([]),
  redisInstances: z.record(text(redisNameForm, isRedisName), z.strictObject({ port })).default({}),
  monitoring: monitoring.default({}),
  scrapes: z
    .array(
      z.strictObject({
        job: text("a job name of letters, digits, - and _", isScrapeName),
        port,
        path: text("a path that begins with /", (value) => value.startsWith("/")).default("/metrics"),
        scheme: z.enum(["http", "https"], { error: "http or https" }).default("http"),
        bearerTokenSecret: text("a name of letters, digits, - and _", isScrapeName).optional(),
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
      /** PEM file of the authority that signed the API's certificate; keep it in certificates/, where `make up` finds it. The primary trusts it, too. */
      ca: z.string().optional(),
      /** SHA-256 of the API's certificate; our own checks refuse any other one. */
      fingerprint: text("a SHA-256 as AA:BB:..., 32 pairs", (value) =>
        /^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/.test(value),
      ).optional(),
      /** When the monitoring token ends, RFC 3339. Default: never. */
      tokenExpires: z.iso.datetime({ offset: true, error: "a time such as 2027-01-01T00:00:00Z" }).optional(),
      /** Skips the check of the API's certificate. Only where nothing else is possible. */
      insecure: flag.default(false),
      username: z.string().default("root@pam"),
      /** Of the monitoring user, `monitoring@<realm>`. */
      realm: text("a realm of Proxmox VE such as pve", (value) => /^[A-Za-z][A-Za-z0-9._-]+$/.test(value)).default(
        "pve",
      ),
      /** Of the monitoring user's token. */
      tokenName: text("a token's name of letters, digits, ., - and _", (value) =>
        /^[A-Za-z][A-Za-z0-9._-]+$/.test(value),
      ).default("prometheus"),
    })
    .optional(),
  monitoring: monitoring.default({}),
  hosts: z.record(text("a host name of lower-case letters, digits and -", isHostName), host, {
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
  /** The Kanidm that people log in to Grafana with, see `IdentityOptions`. */
  identity: z
    .strictObject({
      url: text("an https URL without a path, such as https://auth.example.net", isIdentityUrl).optional(),
      external: flag.optional(),
    })
    .default({}),
  tls: z
    .strictObject({
      /** PEM file of a certificate authority of one's own, relative to the project's folder. */
      caFile: z.string().min(1).optional(),
    })
    .default({}),
  /** Whether the IO primary serves grafana, prometheus and loki below `domain`. */
  collectorSites: flag.default(true),
  /** Where the pages of `docs/runbooks/` are published, for the link in each alert. */
  runbooks: url.optional(),
  /** Rotation numbers, see `rotations`: another number makes another secret. Absent is 1. */
  rotation: z
    .strictObject({
      grafanaSecretKey: rotation,
      /** Consent to a rotation of `grafanaSecretKey`; the same number. */
      grafanaLosesStoredSecrets: rotation,
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
  "kanidmToken",
] as const;
