import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface GrafanaOAuthClientArgs {
  /** Cluster domain: Grafana is `grafana.<domain>`, Kanidm is `auth.<domain>`. */
  domain: pulumi.Input<string>;
  /** Another number makes another secret, delivered to both ends in the same run. Default 1. */
  rotation?: pulumi.Input<number> | undefined;
}

/**
 * Grafana's login with Kanidm: one secret for both ends. The client itself (groups, scopes, claims, redirect) is provisioned by NixOS on
 * the identity host from its host data; the secret reaches it and Grafana as a file.
 */
export class GrafanaOAuthClient extends pulumi.ComponentResource {
  readonly clientId: pulumi.Output<string>;
  /** 48 letters and digits: other characters break some clients. Secret. */
  readonly clientSecret: pulumi.Output<string>;
  /** The one redirect that Kanidm accepts. */
  readonly redirectUrl: pulumi.Output<string>;

  constructor(name: string, args: GrafanaOAuthClientArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nixmon:components:GrafanaOAuthClient", name, {}, opts);
    const secret = new random.RandomPassword(
      `${name}-secret`,
      { length: 48, special: false, keepers: { rotation: pulumi.interpolate`${args.rotation ?? 1}` } },
      { parent: this },
    );
    this.clientId = pulumi.output("grafana");
    this.clientSecret = pulumi.secret(secret.result);
    this.redirectUrl = pulumi.interpolate`https://grafana.${args.domain}/login/generic_oauth`;
    this.registerOutputs({ clientId: this.clientId, redirectUrl: this.redirectUrl });
  }
}
