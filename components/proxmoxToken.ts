import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ProxmoxEndpoint } from "../cli/proxmox/api";
import { valueUnknown } from "../cli/proxmox/rights";
import { pushCommand } from "./internal/pushCommand";
import { userError } from "./internal/userError";

export interface ProxmoxTokenArgs {
  /** User with realm. Default `monitoring@pve`. */
  userId?: pulumi.Input<string> | undefined;
  /** Name of the token. Default `prometheus`. */
  tokenName?: pulumi.Input<string> | undefined;
  /** Role of user and token on `/`. Default `PVEAuditor`, which reads everything and changes nothing. */
  roleId?: pulumi.Input<string> | undefined;
  /** When the token ends, RFC 3339. Default: never. */
  expirationDate?: pulumi.Input<string> | undefined;
  /** Another number makes another token, and whoever uses it gets the new one in the same run. Default 1. */
  rotation?: pulumi.Input<number> | undefined;
  /**
   * Where to try the token out: it must see something and must not be able to change anything, else nobody gets it. Default: not tried.
   */
  api?: ProxmoxEndpoint | undefined;
}

/**
 * A Proxmox VE login that can only look: a user, an API token with privilege separation, and the role for both (with privilege
 * separation a token may do what user *and* token are granted).
 */
export class ProxmoxToken extends pulumi.ComponentResource {
  /** `monitoring@pve` */
  readonly userId: pulumi.Output<string>;
  /** `prometheus` */
  readonly tokenName: pulumi.Output<string>;
  /** The UUID alone, as prometheus-pve-exporter wants it. Secret. */
  readonly tokenUuid: pulumi.Output<string>;
  /** `user@realm!name=UUID`, as Proxmox providers want it. Secret. */
  readonly apiToken: pulumi.Output<string>;

  constructor(name: string, args: ProxmoxTokenArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("nixmon:components:ProxmoxToken", name, {}, opts);
    const roleId = args.roleId ?? "PVEAuditor";
    const purpose = "Reads metrics for Prometheus";
    const user = new proxmox.UserLegacy(
      `${name}-user`,
      { userId: args.userId ?? "monitoring@pve", comment: purpose, enabled: true },
      // a component's own dependencies do not reach its children by themselves
      { parent: this, dependsOn: opts?.dependsOn },
    );
    const token = new proxmox.user.Token(
      `${name}-token`,
      {
        userId: user.userId,
        tokenName: args.tokenName ?? "prometheus",
        privilegesSeparation: true,
        comment: purpose,
        expirationDate: args.expirationDate,
      },
      // one name can only be there once
      {
        parent: this,
        additionalSecretOutputs: ["value"],
        deleteBeforeReplace: true,
        replacementTrigger: args.rotation ?? 1,
      },
    );
    const onRoot = { path: "/", roleId, propagate: true };
    const userAcl = new proxmox.Acl(`${name}-user-acl`, { ...onRoot, userId: user.userId }, { parent: this });
    // by the token's id, so that with another token it is made anew: Proxmox drops the entry together with the old one
    const tokenAcl = new proxmox.Acl(`${name}-token-acl`, { ...onRoot, tokenId: token.id }, { parent: this });

    this.userId = user.userId;
    this.tokenName = token.tokenName;
    // nobody gets the token before it may read anything
    const granted = pulumi.all([token.value, userAcl.id, tokenAcl.id]).apply(([value]) => value);
    const given = args.api === undefined ? granted.apply(known) : triedOut(name, args.api, granted, this);
    this.apiToken = pulumi.secret(given);
    this.tokenUuid = pulumi.secret(this.apiToken.apply((value) => value.slice(value.indexOf("=") + 1)));
    this.registerOutputs({ userId: this.userId, tokenName: this.tokenName });
  }
}

/** @throws where it was imported: its value is in no state */
export function known(value: string | undefined): string {
  if (!value) throw userError(valueUnknown);
  return value;
}

/** The token, once it has shown that it may look and may not change anything. */
function triedOut(
  name: string,
  api: ProxmoxEndpoint,
  apiToken: pulumi.Output<string>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const stdin = apiToken.apply((token) => JSON.stringify({ api: { ...api, apiToken: token } }));
  const tried = new command.local.Command(
    `${name}-rights`,
    {
      create: pushCommand("proxmox-token"),
      stdin: pulumi.secret(stdin),
      logging: command.local.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    { parent, additionalSecretOutputs: ["stdin"] },
  );
  return pulumi.all([apiToken, tried.stdout]).apply(([token]) => token);
}
