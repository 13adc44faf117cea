import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";

export interface ProxmoxTokenArgs {
  /** User with realm. Default `monitoring@pve`. */
  userId?: pulumi.Input<string> | undefined;
  /** Name of the token. Default `prometheus`. */
  tokenName?: pulumi.Input<string> | undefined;
  /** Role of user and token on `/`. Default `PVEAuditor`, which reads everything and changes nothing. */
  roleId?: pulumi.Input<string> | undefined;
  /** When the token ends, RFC 3339. Default: never. */
  expirationDate?: pulumi.Input<string> | undefined;
  /** Another number makes another token, and the old one ends at once. Default 1. */
  rotation?: pulumi.Input<number> | undefined;
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
    const user = new proxmox.UserLegacy(
      `${name}-user`,
      { userId: args.userId ?? "monitoring@pve", comment: "Reads metrics for Prometheus", enabled: true },
      { parent: this },
    );
    const token = new proxmox.user.Token(
      `${name}-token`,
      {
        userId: user.userId,
        tokenName: args.tokenName ?? "prometheus",
        privilegesSeparation: true,
        comment: "Reads metrics for Prometheus",
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
    const tokenId = pulumi.interpolate`${user.userId}!${token.tokenName}`;
    const tokenAcl = new proxmox.Acl(`${name}-token-acl`, { ...onRoot, tokenId }, { parent: this, dependsOn: [token] });

    this.userId = user.userId;
    this.tokenName = token.tokenName;
    // nobody gets the token before it may read anything
    this.apiToken = pulumi.secret(pulumi.all([token.value, userAcl.id, tokenAcl.id]).apply(([value]) => value));
    this.tokenUuid = pulumi.secret(this.apiToken.apply((value) => value.slice(value.indexOf("=") + 1)));
    this.registerOutputs({ userId: this.userId, tokenName: this.tokenName });
  }
}
