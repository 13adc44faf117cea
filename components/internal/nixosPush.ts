import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { packageRoot, releaseHash } from "../../cli/push/release";
import type { Activation, HostLimits } from "../../cli/push/remote";
import type { Connection } from "../../cli/push/ssh";
import { atAddress } from "../../plan/atAddress";
import { parseManifest, targetsOfManifest } from "../../plan/targets";
import type { HostData, ScrapeTarget } from "../../plan/types";
import { pushCommand } from "./pushCommand";
import { userError } from "./userError";
import { withoutStacks } from "./withoutStacks";

export interface NixosPushArgs {
  connection: pulumi.Input<Connection>;
  data: HostData;
  /** The host's address, where it is found only when the machine is there; it takes the place of the one in `data`. */
  address: pulumi.Input<string>;
  /** Values by secret key, as in `data.secrets`. */
  secrets: Record<string, pulumi.Input<string>>;
  limits: HostLimits;
  /** How the host's own configuration is built. */
  activation?: Activation | undefined;
  /** The machine that is gone when the host is: then nothing is removed over SSH first. */
  machine?: pulumi.Resource | undefined;
}

/** What a host says of itself after a confirmed activation. */
export interface PushResult {
  apply: command.local.Command;
  scrapeTargets: pulumi.Output<ScrapeTarget[]>;
  hash: pulumi.Output<string>;
}

/** What `up` says of a check that failed without failing the deployment. */
export function toleratedWarning(host: string, finding: string): string {
  return `${host}: deployed, but ${finding}. It is not among what must work for a deployment to stand; it was so when ${host} was last deployed`;
}

/** Both outputs of a step are for people and may be quoted in errors; nothing secret is ever printed by `push.js`. */
const quiet = { logging: command.local.Logging.Stderr, addPreviousOutputInEnv: false } as const;

/** Secrets first, then configuration, build, health gate and confirmation: one host, two resources. */
export function pushNixos(name: string, args: NixosPushArgs, opts: pulumi.CustomResourceOptions): PushResult {
  const gone = args.machine ? { deletedWith: args.machine } : {};
  const secrets = deliverSecrets(name, args, { ...opts, ...gone });
  // another content of modules or agent is another apply
  const release = releaseHash(packageRoot(), { dashboards: args.data.collector !== null });
  const stdin = pulumi.all([args.connection, args.address]).apply(([connection, address]) =>
    JSON.stringify({
      connection,
      name: args.data.host,
      made: madeHere(args.machine),
      release,
      limits: args.limits,
      activation: args.activation,
      data: atAddress(args.data, address),
    }),
  );
  const apply = withoutStacks(
    command.local.Command,
    `${name}-apply`,
    { create: pushCommand("apply"), delete: pushCommand("remove"), stdin, ...quiet },
    { ...opts, ...gone, dependsOn: secrets ? [secrets] : [] },
  );
  const manifest = apply.stdout.apply(async (text) => {
    const answer = parseManifest(text);
    for (const finding of answer.tolerated) await pulumi.log.warn(toleratedWarning(args.data.host, finding), apply);
    return answer;
  });
  return {
    apply,
    scrapeTargets: pulumi
      .all([manifest, args.address])
      .apply(([parsed, address]) => targetsOfManifest(parsed, atAddress(args.data, address).targets)),
    hash: manifest.hash,
  };
}

/** Said only where it is so: what an existing host is told does not change by it. */
const madeHere = (machine: pulumi.Resource | undefined): true | undefined => (machine === undefined ? undefined : true);

function deliverSecrets(
  name: string,
  args: NixosPushArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command | undefined {
  const missing = args.data.secrets.filter((need) => args.secrets[need.key] === undefined).map((need) => need.key);
  if (missing.length > 0) {
    throw userError(`${name}: no value for ${missing.join(", ")}; give each in \`secrets\``);
  }
  if (args.data.secrets.length === 0) return undefined;
  const wanted = Object.fromEntries(args.data.secrets.map((need) => [need.key, args.secrets[need.key] ?? ""]));
  const stdin = pulumi
    .all([args.connection, wanted])
    .apply(([connection, secrets]) => JSON.stringify({ connection, name: args.data.host, secrets }));
  return withoutStacks(
    command.local.Command,
    `${name}-secrets`,
    { create: pushCommand("secrets"), stdin: pulumi.secret(stdin), ...quiet },
    { ...opts, additionalSecretOutputs: ["stdin"] },
  );
}

/** Puts one host's targets before the primary's Prometheus, and takes them away when the host goes. */
export function pushTargets(
  name: string,
  args: {
    connection: pulumi.Input<Connection>;
    primary: string;
    /** The primary's, where it is made here. */
    machine: pulumi.Resource | undefined;
    host: string;
    targets: pulumi.Input<ScrapeTarget[]>;
  },
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const stdin = pulumi
    .all([args.connection, args.targets])
    .apply(([connection, targets]) =>
      JSON.stringify({ connection, name: args.primary, made: madeHere(args.machine), host: args.host, targets }),
    );
  return withoutStacks(
    command.local.Command,
    name,
    { create: pushCommand("targets"), delete: pushCommand("targets-remove"), stdin, ...quiet },
    opts,
  );
}
