import * as pulumi from "@pulumi/pulumi";
import type { ProxmoxApi } from "../cli/proxmox/api";
import type { Activation, HostLimits } from "../cli/push/remote";
import type { Connection } from "../cli/push/ssh";
import type { HostData, ScrapeTarget } from "../plan/types";
import { deployHost } from "./internal/deployHost";
import type { MachineArgs } from "./internal/machine";

/** How a host is reached over SSH. */
export interface SshArgs {
  /** Default `root`; another user needs passwordless sudo. */
  user?: string | undefined;
  /** Default 22. */
  port?: number | undefined;
  /** The host's public key, `ssh-ed25519 AAAA...`. Required for an `existing` machine; learned once at creation for the others. */
  hostKey?: string | undefined;
}

export interface ExporterHostArgs {
  /** What this host is told; one entry of `planCluster(...).hosts`. Plain, since it decides which resources there are. */
  data: HostData;
  /** Where the host comes from: `vm`, `lxc` or `existing`. */
  machine: MachineArgs;
  ssh?: SshArgs | undefined;
  /**
   * The API of the Proxmox cluster that makes the machine. With it, what the machine needs is checked before it is made, and the guest agent
   * is asked for the host key. Default: neither.
   */
  proxmox?: pulumi.Input<ProxmoxApi> | undefined;
  /** A value for each key in `data.secrets`. */
  secrets?: Record<string, pulumi.Input<string>> | undefined;
  /** How the host's own configuration, which imports ours, is built. Default: by channel, on the host. */
  activation?: Activation | undefined;
  /** How long the host may take, seconds. Default: `defaultLimits`: build 1800, activate 300, gate 90, confirm 60. */
  limits?: Partial<HostLimits> | undefined;
}

/** A NixOS host with exporters and log shipping: its machine, its secrets, its configuration. */
export class ExporterHost extends pulumi.ComponentResource {
  /** How the host was reached, host key included. */
  readonly connection: pulumi.Output<Connection>;
  /** What the host confirmed to offer; feed it to a `MonitoringPrimary`, here or through a StackReference. */
  readonly scrapeTargets: pulumi.Output<ScrapeTarget[]>;
  /** Hash of the payload that the host is at. */
  readonly hash: pulumi.Output<string>;

  constructor(name: string, args: ExporterHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nixmon:components:ExporterHost", name, {}, opts);
    const deployed = deployHost(name, args, { parent: this });
    this.connection = deployed.connection;
    this.scrapeTargets = deployed.scrapeTargets;
    this.hash = deployed.hash;
    this.registerOutputs({ scrapeTargets: this.scrapeTargets, hash: this.hash });
  }
}
