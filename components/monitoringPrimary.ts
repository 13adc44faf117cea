import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "../cli/push/ssh";
import type { ScrapeTarget } from "../plan/types";
import type { ExporterHostArgs } from "./exporterHost";
import { deployHost } from "./internal/deployHost";
import { pushTargets } from "./internal/nixosPush";
import { userError } from "./internal/userError";

export interface MonitoringPrimaryArgs extends ExporterHostArgs {
  /**
   * What to scrape: host name -> targets, as `ExporterHost.scrapeTargets` or another stack's `scrapeTargets` output says them.
   * Each host is one small file on the primary: a host more or less restarts nothing. Undefined: not known now, the file stays as it is.
   */
  targets: Record<string, pulumi.Input<ScrapeTarget[]> | undefined>;
}

/** Addresses that a person opens, as the primary's virtual hosts publish them. */
export interface MonitoringUrls {
  grafana: string;
  prometheus: string;
  loki: string;
}

/** The host that collects: Prometheus, Loki, Grafana and Alertmanager, and the targets they watch. */
export class MonitoringPrimary extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<Connection>;
  /** What the primary itself offers; it is among its own targets. */
  readonly scrapeTargets: pulumi.Output<ScrapeTarget[]>;
  readonly hash: pulumi.Output<string>;
  readonly urls: MonitoringUrls;

  constructor(name: string, args: MonitoringPrimaryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nixmon:components:MonitoringPrimary", name, {}, opts);
    const { host, domain } = args.data;
    if (args.data.collector === null) {
      throw userError(
        `${host}: a MonitoringPrimary needs collector data, got none; is it allocations.server.monitoringPrimaryHost?`,
      );
    }
    const deployed = deployHost(name, args, { parent: this });
    const targets = { ...args.targets, [host]: deployed.scrapeTargets };
    const gone = deployed.machine ? { deletedWith: deployed.machine } : {};
    for (const [from, offered] of Object.entries(targets)) {
      // after the primary's first activation, so that the folder is there; of no other host does the primary wait
      const { connection, machine } = deployed;
      const own = { connection, primary: host, machine, host: from, targets: offered ?? [] };
      const kept = offered === undefined ? { ignoreChanges: ["stdin"] } : {};
      pushTargets(`${name}-targets-${from}`, own, { parent: this, dependsOn: [deployed.applied], ...gone, ...kept });
    }
    this.connection = deployed.connection;
    this.scrapeTargets = deployed.scrapeTargets;
    this.hash = deployed.hash;
    this.urls = {
      grafana: `https://grafana.${domain}`,
      prometheus: `https://prometheus.${domain}`,
      loki: `https://loki.${domain}`,
    };
    this.registerOutputs({ scrapeTargets: this.scrapeTargets, hash: this.hash, urls: this.urls });
  }
}
