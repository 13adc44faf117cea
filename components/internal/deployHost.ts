import type * as pulumi from "@pulumi/pulumi";
import type { HostData, ScrapeTarget } from "../../plan/types";
import { type MachineArgs, makeMachine } from "./machine";
import { type Connection, type PushLimits, pushNixos } from "./nixosPush";

const defaultLimits: PushLimits = { build: 1800, confirm: 120 };

export interface DeployHostArgs {
  data: HostData;
  machine: MachineArgs;
  ssh?: { user?: string | undefined; port?: number | undefined; hostKey?: string | undefined } | undefined;
  secrets: Record<string, pulumi.Input<string>>;
  limits?: Partial<PushLimits> | undefined;
}

export interface DeployedHost {
  connection: pulumi.Output<Connection>;
  scrapeTargets: pulumi.Output<ScrapeTarget[]>;
  hash: pulumi.Output<string>;
  /** Done when the host has confirmed its configuration. */
  applied: pulumi.Resource;
}

/** What every host has, the primary included: a machine, a pinned connection, secrets, configuration. */
export function deployHost(name: string, args: DeployHostArgs, opts: pulumi.CustomResourceOptions): DeployedHost {
  const ssh = { user: args.ssh?.user ?? "root", port: args.ssh?.port ?? 22, hostKey: args.ssh?.hostKey };
  const machine = makeMachine(
    name,
    { host: args.data.host, address: args.data.address, ssh, args: args.machine },
    opts,
  );
  const connection = machine.hostKey.apply(
    (hostKey): Connection => ({ host: args.data.address, port: ssh.port, user: ssh.user, hostKey }),
  );
  const pushed = pushNixos(
    name,
    {
      connection,
      data: args.data,
      secrets: args.secrets,
      limits: { ...defaultLimits, ...args.limits },
      machine: machine.resource,
    },
    opts,
  );
  return { connection, scrapeTargets: pushed.scrapeTargets, hash: pushed.hash, applied: pushed.apply };
}
