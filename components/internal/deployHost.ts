import * as pulumi from "@pulumi/pulumi";
import { defaultLimits } from "../../cli/push/remote";
import type { Connection } from "../../cli/push/ssh";
import type { ScrapeTarget } from "../../plan/types";
import type { ExporterHostArgs } from "../exporterHost";
import { makeMachine } from "./machine";
import { pushNixos } from "./nixosPush";

export interface DeployedHost {
  connection: pulumi.Output<Connection>;
  scrapeTargets: pulumi.Output<ScrapeTarget[]>;
  hash: pulumi.Output<string>;
  /** Done when the host has confirmed its configuration. */
  applied: pulumi.Resource;
  /** The machine, where it is made here. */
  machine: pulumi.Resource | undefined;
}

/** What every host has, the primary included: a machine, a pinned connection, secrets, configuration. */
export function deployHost(name: string, args: ExporterHostArgs, opts: pulumi.CustomResourceOptions): DeployedHost {
  const ssh = { user: args.ssh?.user ?? "root", port: args.ssh?.port ?? 22, hostKey: args.ssh?.hostKey };
  const machine = makeMachine(
    name,
    { host: args.data.host, address: args.data.address, ssh, args: args.machine, proxmox: args.proxmox },
    opts,
  );
  const connection: pulumi.Output<Connection> = pulumi.output({
    host: machine.address,
    port: ssh.port,
    user: ssh.user,
    hostKey: machine.hostKey,
  });
  const pushed = pushNixos(
    name,
    {
      connection,
      data: args.data,
      address: machine.address,
      secrets: args.secrets ?? {},
      activation: args.activation,
      limits: { ...defaultLimits, ...args.limits },
      machine: machine.resource,
    },
    opts,
  );
  return {
    connection,
    scrapeTargets: pushed.scrapeTargets,
    hash: pushed.hash,
    applied: pushed.apply,
    machine: machine.resource,
  };
}
