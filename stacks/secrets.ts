import * as pulumi from "@pulumi/pulumi";
import { type ExternalKanidmArgs, GrafanaOAuthClient } from "../components/grafanaOAuthClient";
import { userError } from "../components/internal/userError";
import { ProxmoxToken } from "../components/proxmoxToken";
import { waysOut } from "../plan/cluster";
import { identityUrl } from "../plan/kanidm";
import {
  homeAssistantWebhookUrl,
  type RotationName,
  scrapeTokenKey,
  scrapeTokensOf,
  secretKeys,
  talkChatUrl,
} from "../plan/secrets";
import type { HostData } from "../plan/types";
import { type Proxmox, proxmoxTokenArgs } from "./machines";
import { password } from "./password";
import type { StackValues } from "./schema";
import { grafanaSecretKey } from "./secretKey";

/**
 * Every secret that some host of the cluster needs, made once: by `@pulumi/random`, by Proxmox, or given as `--secret` config.
 * @param authorities certificates that are trusted beside the public ones
 * @returns value by key of the secrets folder; each host takes the ones it needs
 */
export function clusterSecrets(
  values: StackValues,
  hosts: readonly HostData[],
  proxmox: Proxmox | undefined,
  authorities: string[] = [],
): Record<string, pulumi.Output<string>> {
  const needed = new Set(hosts.flatMap((host) => host.secrets.map((need) => need.key)));
  const made: Record<string, pulumi.Output<string>> = {};
  const rotation = (name: RotationName): number => values.rotation[name] ?? 1;

  // made also while no Grafana runs: switched off and on again, it has to find the key of its database
  if (values.program === "cluster") {
    made[secretKeys.grafanaSecretKey] = grafanaSecretKey(rotation("grafanaSecretKey"), outlivesStack(values));
  }
  if (needed.has(secretKeys.grafanaAdminPassword)) {
    made[secretKeys.grafanaAdminPassword] = password("grafana-admin-password", 1);
  }
  if (needed.has(secretKeys.grafanaOAuthSecret) || needed.has(secretKeys.kanidmGrafanaSecret)) {
    const client = new GrafanaOAuthClient("grafana-oauth", {
      domain: values.domain,
      rotation: rotation("grafanaOAuth"),
      external: externalKanidm(values, authorities),
    });
    made[secretKeys.grafanaOAuthSecret] = client.clientSecret;
    made[secretKeys.kanidmGrafanaSecret] = client.clientSecret;
  }
  if (needed.has(secretKeys.proxmoxTokenSecret)) {
    const token = new ProxmoxToken("proxmox-token", proxmoxTokenArgs(values), {
      providers: proxmox ? [proxmox.provider] : [],
      dependsOn: proxmox ? [proxmox.login] : [],
    });
    made[secretKeys.proxmoxUser] = token.userId;
    made[secretKeys.proxmoxTokenId] = token.tokenName;
    made[secretKeys.proxmoxTokenSecret] = token.tokenUuid;
  }
  const config = new pulumi.Config();
  const primary = values.hosts[values.allocations.server.monitoringPrimaryHost];
  const { homeAssistantUrl = "", talk } = waysOut(primary?.monitoring, values.monitoring);
  if (needed.has(secretKeys.homeAssistantWebhookUrl)) {
    const given = config.getSecret("homeAssistantWebhookUrl");
    made[secretKeys.homeAssistantWebhookUrl] = given ?? webhookUrl(homeAssistantUrl, rotation("homeAssistantWebhook"));
  }
  if (needed.has(secretKeys.nextcloudTalkWebhookUrl)) {
    const { url = "", room = "" } = talk;
    made[secretKeys.nextcloudTalkWebhookUrl] = pulumi.secret(talkChatUrl(url, room));
    made[secretKeys.nextcloudTalkAppPassword] = config.requireSecret("nextcloudTalkPassword");
  }
  if (needed.has(secretKeys.heartbeatUrl)) made[secretKeys.heartbeatUrl] = config.requireSecret("heartbeatUrl");
  const tokens = scrapeTokensOf(Object.values(values.hosts).flatMap((host) => host.scrapes));
  if (tokens.length > 0) {
    const given = config.requireSecretObject<Record<string, string>>("scrapeTokens");
    for (const name of tokens) made[scrapeTokenKey(name)] = given.apply((all) => requireToken(all, name));
  }
  return made;
}

/** Somebody else's Kanidm, or undefined where NixOS provisions the client on the identity host. */
function externalKanidm(values: StackValues, authorities: string[]): ExternalKanidmArgs | undefined {
  if (values.identity.external !== true) return undefined;
  return { url: identityUrl(values), token: new pulumi.Config().requireSecret("kanidmToken"), authorities };
}

function requireToken(given: Record<string, string>, name: string): string {
  const token = given[name];
  if (token !== undefined) return token;
  const known = Object.keys(given).join(", ") || "none";
  throw userError(
    `nixmon:scrapeTokens: got ${known}, want a token named ${name}, because a scrape names it in bearerTokenSecret`,
  );
}

/** Whether Grafana's database is meant to stay when the stack goes: then its key must not go either. */
function outlivesStack({ hosts, allocations }: StackValues): boolean {
  const machine = hosts[allocations.server.monitoringPrimaryHost]?.machine;
  return machine?.type === "existing" || (machine?.protect ?? true);
}

/** Home Assistant knows a webhook by its id alone, so the id is the secret. */
function webhookUrl(base: string, rotation: number): pulumi.Output<string> {
  const id = password("home-assistant-webhook", rotation);
  return pulumi.secret(id.apply((value) => homeAssistantWebhookUrl(base, value)));
}
