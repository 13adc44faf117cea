import { requireRow } from "./catalog";
import { probeJob } from "./probes";
import { credentialPath, secretKeys } from "./secrets";
import type { Json, JsonObject } from "./types";

export interface AlertmanagerContext {
  homeAssistant: boolean;
  /** Login name of the account that posts to Talk; undefined where Talk is off. */
  nextcloudTalkUser: string | undefined;
  /** Whether a service elsewhere is called once a minute while alerting works. */
  heartbeat: boolean;
  /** The host whose Caddy serves every site. */
  ioPrimaryHost: string | undefined;
}

/** Names of receivers; `nobody` has no way out and is for what must not be sent. */
const receiver = {
  nobody: "nobody",
  heartbeat: "heartbeat",
  homeAssistant: "home-assistant",
  talk: "nextcloud-talk",
} as const;

/** What tells two alerts of one name and host apart, so that a full disk does not hide a filling one beside it. */
const sameThing = ["alertname", "host", "instance", "device", "mountpoint", "id", "exported_host", "name"];

/**
 * alertmanager.yml. NixOS passes it through envsubst, so a literal dollar sign has to be doubled there, not here.
 */
export function alertmanagerConfig(context: AlertmanagerContext): JsonObject {
  return {
    global: { resolve_timeout: "5m" },
    route: {
      // an alert that no route knows, say one without a severity, is told rather than lost
      receiver: anyoneTold(context) ?? receiver.nobody,
      group_by: ["host"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "4h",
      routes: routes(context),
    },
    inhibit_rules: inhibition(context),
    receivers: receivers(context),
  };
}

/** The receiver that people read, if there is any. */
export function anyoneTold(context: AlertmanagerContext): string | undefined {
  if (context.homeAssistant) return receiver.homeAssistant;
  return context.nextcloudTalkUser === undefined ? undefined : receiver.talk;
}

function routes(context: AlertmanagerContext): Json[] {
  const watchdog: JsonObject = { matchers: ['alertname="Watchdog"'], receiver: receiver.nobody };
  if (context.heartbeat) {
    Object.assign(watchdog, {
      receiver: receiver.heartbeat,
      group_by: ["alertname"],
      group_wait: "0s",
      group_interval: "30s",
      repeat_interval: "1m",
    });
  }
  const found: Json[] = [watchdog, { matchers: ['severity=~"info|none"'], receiver: receiver.nobody }];
  if (context.homeAssistant) {
    found.push({
      matchers: ['severity=~"critical|warning"'],
      receiver: receiver.homeAssistant,
      continue: context.nextcloudTalkUser !== undefined,
    });
  } else {
    found.push({ matchers: ['severity="warning"'], receiver: receiver.nobody });
  }
  if (context.nextcloudTalkUser !== undefined)
    found.push({ matchers: ['severity="critical"'], receiver: receiver.talk });
  return found;
}

function inhibition({ ioPrimaryHost }: AlertmanagerContext): Json[] {
  const rules: Json[] = [
    { source_matchers: ['alertname="HostDown"'], target_matchers: ['alertname!~"HostDown|Watchdog"'], equal: ["host"] },
    // ProxmoxNodeDown tells for all guests of a node; each guest has this one, which tells nobody, for its own name
    {
      source_matchers: ['alertname="ProxmoxGuestCutOff"'],
      target_matchers: ['alertname!~"ProxmoxGuestCutOff|ProxmoxNodeDown|Watchdog"'],
      equal: ["host"],
    },
    { source_matchers: ['severity="critical"'], target_matchers: ['severity=~"warning|info"'], equal: sameThing },
    { source_matchers: ['severity="warning"'], target_matchers: ['severity="info"'], equal: sameThing },
  ];
  if (ioPrimaryHost !== undefined) {
    // every site is behind that host, whichever host it belongs to
    const down = ['alertname="HostDown"', `host=${JSON.stringify(ioPrimaryHost)}`];
    rules.push({ source_matchers: down, target_matchers: [`job=${JSON.stringify(probeJob)}`], equal: [] });
  }
  return rules;
}

function receivers(context: AlertmanagerContext): Json[] {
  const found: Json[] = [{ name: receiver.nobody }];
  const secret = (key: string) => credentialPath(requireRow("alertmanager").unit, key);
  if (context.homeAssistant) {
    const webhook = { url_file: secret(secretKeys.homeAssistantWebhookUrl), send_resolved: true };
    found.push({ name: receiver.homeAssistant, webhook_configs: [webhook] });
  }
  if (context.nextcloudTalkUser !== undefined) {
    const webhook = {
      url_file: secret(secretKeys.nextcloudTalkWebhookUrl),
      send_resolved: true,
      http_config: {
        basic_auth: { username: context.nextcloudTalkUser, password_file: secret(secretKeys.nextcloudTalkAppPassword) },
        http_headers: { "OCS-APIRequest": { values: ["true"] }, Accept: { values: ["application/json"] } },
      },
      payload: { message: talkMessage },
    };
    found.push({ name: receiver.talk, webhook_configs: [webhook] });
  }
  if (context.heartbeat) {
    // whoever knows the URL can say that all is well
    const webhook = { url_file: secret(secretKeys.heartbeatUrl), send_resolved: false, max_alerts: 1 };
    found.push({ name: receiver.heartbeat, webhook_configs: [webhook] });
  }
  return found;
}

/** Alerts that are told one by one in a message to Talk; of more, their number is told. */
const talkAlerts = 20;

/**
 * What is posted to the room. It has to begin in bold: Alertmanager reads the finished text as YAML and sends an object instead of a
 * text where that succeeds (`FIRING: nixio` does). `**` is no YAML, so everything behind it arrives as it is. Talk refuses more than
 * 32,000 characters and Alertmanager does not try again, so each part has a length. No template variables (`$x`): on NixOS the file
 * passes envsubst.
 */
export const talkMessage = [
  '{{ define "part" }}\n- {{ if eq .Status "resolved" }}resolved: {{ end }}{{ printf "%.200s" .Annotations.summary }}',
  ' ({{ printf "%.100s" .Labels.alertname }}, {{ printf "%.20s" .Labels.severity }})',
  '{{ with .Annotations.description }}\n  {{ printf "%.700s" . }}{{ end }}',
  '{{ with .Annotations.runbook_url }}\n  {{ printf "%.300s" . }}{{ end }}{{ end }}',
  '**{{ .Status | toUpper }}{{ with .CommonLabels.host }} {{ printf "%.100s" . }}{{ end }}**',
  `{{ if gt (len .Alerts) ${talkAlerts} }} {{ len .Alerts }} alerts, the first ${talkAlerts}:`,
  `{{ range slice .Alerts 0 ${talkAlerts} }}{{ template "part" . }}{{ end }}`,
  '{{ else }}{{ range .Alerts }}{{ template "part" . }}{{ end }}{{ end }}',
].join("");
