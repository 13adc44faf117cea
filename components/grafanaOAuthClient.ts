import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { KanidmInput } from "../cli/kanidm/input";
import { grafanaClient, grafanaClientOf, grafanaRedirectUrl } from "../plan/kanidm";
import { nodeCommand } from "./internal/pushCommand";

/** A Kanidm that somebody else runs. */
export interface ExternalKanidmArgs {
  /** Its origin, such as `https://idm.example.net`. */
  url: pulumi.Input<string>;
  /** API token of a service account that may manage OAuth2 clients: in `idm_oauth2_admins`, with the right to write. */
  token: pulumi.Input<string>;
  /** Certificates (PEM) of authorities that are trusted beside the public ones. Default: none. */
  authorities?: pulumi.Input<string[]> | undefined;
}

export interface GrafanaOAuthClientArgs {
  /** Cluster domain: Grafana is `grafana.<domain>`. */
  domain: pulumi.Input<string>;
  /** Another number makes another secret, delivered to both ends in the same run. Default 1. */
  rotation?: pulumi.Input<number> | undefined;
  /** Absent: NixOS provisions the client on the identity host, from that host's data. */
  external?: ExternalKanidmArgs | undefined;
}

/**
 * Grafana's login with Kanidm: one secret for both ends. On an identity host of ours the secret is made here and reaches Kanidm and
 * Grafana as a file, while NixOS provisions the client. A Kanidm of somebody else's makes the secret itself (it takes none), so there
 * the client is made by its REST API and the secret is read from it.
 */
export class GrafanaOAuthClient extends pulumi.ComponentResource {
  readonly clientId: pulumi.Output<string>;
  /** Letters and digits. Secret. */
  readonly clientSecret: pulumi.Output<string>;
  /** The one redirect that Kanidm accepts. */
  readonly redirectUrl: pulumi.Output<string>;

  constructor(name: string, args: GrafanaOAuthClientArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nixmon:components:GrafanaOAuthClient", name, {}, opts);
    this.clientId = pulumi.output(grafanaClient);
    this.clientSecret = pulumi.secret(
      args.external ? this.#atKanidm(name, args, args.external) : this.#made(name, args),
    );
    this.redirectUrl = pulumi.output(args.domain).apply(grafanaRedirectUrl);
    this.registerOutputs({ clientId: this.clientId, redirectUrl: this.redirectUrl });
  }

  /** 48 letters and digits: other characters break some clients. */
  #made(name: string, { rotation }: GrafanaOAuthClientArgs): pulumi.Output<string> {
    const keepers = { rotation: pulumi.interpolate`${rotation ?? 1}` };
    return new random.RandomPassword(`${name}-secret`, { length: 48, special: false, keepers }, { parent: this })
      .result;
  }

  #atKanidm(name: string, args: GrafanaOAuthClientArgs, kanidm: ExternalKanidmArgs): pulumi.Output<string> {
    const { url, token, authorities = [] } = kanidm;
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const stdin = pulumi
      .all([args.domain, args.rotation ?? 1, url, token, authorities])
      .apply(([domain, rotation, at, secret, trusted]) => {
        const client = grafanaClientOf(domain);
        const origin = at.replace(/\/+$/, "");
        const input: KanidmInput = { url: origin, token: secret, authorities: trusted, owner, rotation, client };
        return JSON.stringify(input);
      });
    return new command.local.Command(
      `${name}-client`,
      {
        create: nodeCommand("kanidm", "apply"),
        delete: nodeCommand("kanidm", "remove"),
        stdin: pulumi.secret(stdin),
        // at another Kanidm it is another client, and the old one is not left behind
        triggers: [url],
        logging: command.local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { parent: this, additionalSecretOutputs: ["stdin", "stdout"], deleteBeforeReplace: true },
    ).stdout;
  }
}
