import { requireRow } from "./catalog";
import type { FreeScrape, ResolvedOptions, SecretNeed } from "./types";

/** Keys of the secrets folder; the seed's names. */
export const secretKeys = {
  grafanaSecretKey: "MONITORING/GRAFANA/SECRET_KEY",
  grafanaOAuthSecret: "MONITORING/GRAFANA/OAUTH_SECRET",
  /** First password of Grafana's local `admin`: the way in when the identity host is down. */
  grafanaAdminPassword: "MONITORING/GRAFANA/ADMIN_PASSWORD",
  homeAssistantWebhookUrl: "MONITORING/HOME_ASSISTANT/WEBHOOK_URL",
  /** The room's chat URL, see `talkChatUrl`: whoever knows a public room's token can read it. */
  nextcloudTalkWebhookUrl: "MONITORING/NEXTCLOUD_TALK/WEBHOOK_URL",
  nextcloudTalkAppPassword: "MONITORING/NEXTCLOUD_TALK/APP_PASSWORD",
  /** What the watchdog calls: whoever knows it can say that all is well. */
  heartbeatUrl: "MONITORING/HEARTBEAT/URL",
  proxmoxUser: "MONITORING/PROXMOX/USER",
  proxmoxTokenId: "MONITORING/PROXMOX/TOKEN_ID",
  proxmoxTokenSecret: "MONITORING/PROXMOX/TOKEN_SECRET",
  /** The identity host's end of `grafanaOAuthSecret`; the same value. */
  kanidmGrafanaSecret: "KANIDM/OAUTH2/GRAFANA_SECRET",
} as const;

/**
 * What a number in `nixmon:rotation` makes anew, and the secrets that follow. Secrets that a user gives rotate by giving another value;
 * Grafana's first admin password is used once, when its database is made: another one is set in Grafana itself.
 * Grafana encrypts what it stores with its secret key: that one needs a consent, see `secretKeyConsent`.
 */
export const rotations = {
  grafanaSecretKey: [secretKeys.grafanaSecretKey],
  grafanaOAuth: [secretKeys.grafanaOAuthSecret, secretKeys.kanidmGrafanaSecret],
  homeAssistantWebhook: [secretKeys.homeAssistantWebhookUrl],
  proxmoxToken: [secretKeys.proxmoxTokenSecret],
} as const;

export type RotationName = keyof typeof rotations;

/** The key under `nixmon:rotation` that says: Grafana may lose what it encrypted with the key before. Equal to `grafanaSecretKey`'s number. */
export const secretKeyConsent = "grafanaLosesStoredSecrets";

const kanidmUnit = "kanidm.service";

/** Key of a free scrape's bearer token. */
export function scrapeTokenKey(name: string): string {
  return `MONITORING/SCRAPE/${name}`;
}

/** Name under which a unit gets a secret by `LoadCredential`: credential names hold no `/`. */
export function credentialName(key: string): string {
  return key.replaceAll("/", "_");
}

/** Where a unit reads a secret while it runs. */
export function credentialPath(unit: string, key: string): string {
  return `/run/credentials/${unit}/${credentialName(key)}`;
}

export interface SecretContext {
  options: ResolvedOptions;
  /** Whether this host is the identity host of a cluster whose Grafana logs in with Kanidm. */
  provisionsGrafanaClient: boolean;
  /** Names of all bearer tokens that free scrapes of the cluster use. */
  scrapeTokens: readonly string[];
}

/** Which secrets one host needs and who picks up a new value. */
export function secretNeeds({ options, provisionsGrafanaClient, scrapeTokens }: SecretContext): SecretNeed[] {
  const needs: SecretNeed[] = [];
  const need = (unit: string, ...keys: string[]) => needs.push(...keys.map((key) => ({ key, consumers: [unit] })));
  const { collector, exporters } = options;
  if (collector.enable) {
    const grafana = requireRow("grafana").unit;
    need(grafana, secretKeys.grafanaSecretKey, secretKeys.grafanaAdminPassword);
    if (collector.grafana.kanidm.enable) need(grafana, secretKeys.grafanaOAuthSecret);
    need(requireRow("prometheus").unit, ...scrapeTokens.map(scrapeTokenKey));
    if (collector.alerting.enable) {
      const alertmanager = requireRow("alertmanager").unit;
      if (collector.alerting.homeAssistant.enable) need(alertmanager, secretKeys.homeAssistantWebhookUrl);
      if (collector.alerting.heartbeat.enable) need(alertmanager, secretKeys.heartbeatUrl);
      if (collector.alerting.nextcloudTalk.enable) {
        need(alertmanager, secretKeys.nextcloudTalkWebhookUrl, secretKeys.nextcloudTalkAppPassword);
      }
    }
  }
  if (exporters.pve?.enable) {
    need(requireRow("pve").unit, secretKeys.proxmoxUser, secretKeys.proxmoxTokenId, secretKeys.proxmoxTokenSecret);
  }
  if (provisionsGrafanaClient) need(kanidmUnit, secretKeys.kanidmGrafanaSecret);
  return needs;
}

/** Names of the bearer tokens that some scrapes use, each once, sorted. */
export function scrapeTokensOf(scrapes: readonly FreeScrape[]): string[] {
  return [...new Set(scrapes.flatMap((scrape) => scrape.bearerTokenSecret ?? []))].sort();
}

/**
 * The value of `MONITORING/NEXTCLOUD_TALK/WEBHOOK_URL`: Talk's OCS chat endpoint of one room.
 * @param base address of the Nextcloud server, `https://cloud.example.net`
 * @param room the room's token, the last part of its link
 */
export function talkChatUrl(base: string, room: string): string {
  return `${base.replace(/\/+$/, "")}/ocs/v2.php/apps/spreed/api/v1/chat/${encodeURIComponent(room)}`;
}

/** The value of `MONITORING/HOME_ASSISTANT/WEBHOOK_URL`: the id is the only thing that keeps strangers out, so it is random. */
export function homeAssistantWebhookUrl(base: string, id: string): string {
  return `${base.replace(/\/+$/, "")}/api/webhook/${encodeURIComponent(id)}`;
}
