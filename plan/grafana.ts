import { hostPort } from "./address";
import { requireRow } from "./catalog";
import { askedScopes, grafanaClient, grafanaRoles, roleClaim } from "./kanidm";
import { credentialPath, secretKeys } from "./secrets";
import type { JsonObject } from "./types";

export interface GrafanaContext {
  domain: string;
  /** The primary's own address. */
  address: string;
  /** Address of the Kanidm that people log in with, undefined where Grafana has its own login alone. */
  kanidm: string | undefined;
  /** Whether Alertmanager runs beside it. */
  alerting: boolean;
}

/** Makes Grafana read a value from a file when it starts. */
function fromFile(key: string): string {
  return `$__file{${credentialPath(requireRow("grafana").unit, key)}}`;
}

/** The sections of grafana.ini. */
export function grafanaSettings({ domain, address, kanidm }: GrafanaContext): JsonObject {
  const site = `grafana.${domain}`;
  return {
    server: {
      http_addr: address,
      http_port: requireRow("grafana").port,
      domain: site,
      // must be what the browser sees: the login's redirect is made of it
      root_url: `https://${site}/`,
    },
    security: {
      secret_key: fromFile(secretKeys.grafanaSecretKey),
      // used once, when the database is made
      admin_user: "admin",
      admin_password: fromFile(secretKeys.grafanaAdminPassword),
      cookie_secure: true,
      disable_gravatar: true,
    },
    users: { allow_sign_up: false, allow_org_create: false },
    // The form stays as the way in while the identity host is down; its one account has a random password.
    auth: { disable_login_form: false },
    "auth.anonymous": { enabled: false },
    analytics: {
      reporting_enabled: false,
      check_for_updates: false,
      check_for_plugin_updates: false,
      feedback_links_enabled: false,
    },
    metrics: { enabled: true },
    log: { mode: "console", level: "warn" },
    ...(kanidm === undefined ? {} : { "auth.generic_oauth": kanidmLogin(kanidm) }),
  };
}

/** The role is the first that the claim holds. No `|| 'Viewer'` at the end: that would let everybody in. */
export const rolePath = grafanaRoles
  .map(({ role }) => `contains(${roleClaim}[*], '${role}') && '${role}'`)
  .join(" || ");

function kanidmLogin(identity: string): JsonObject {
  return {
    enabled: true,
    name: "Kanidm",
    client_id: grafanaClient,
    client_secret: fromFile(secretKeys.grafanaOAuthSecret),
    scopes: askedScopes.join(" "),
    auth_url: `${identity}/ui/oauth2`,
    token_url: `${identity}/oauth2/token`,
    api_url: `${identity}/oauth2/openid/${grafanaClient}/userinfo`,
    use_pkce: true,
    login_attribute_path: "preferred_username",
    name_attribute_path: "name",
    email_attribute_path: "email",
    role_attribute_path: rolePath,
    role_attribute_strict: true,
    allow_assign_grafana_admin: false,
    // makes the account at the first login; whom Kanidm lets through is the scope map's business
    allow_sign_up: true,
  };
}

/** Provisioned data sources. Dashboards name them by uid. */
export function grafanaDatasources({ address, alerting }: GrafanaContext): JsonObject {
  const url = (service: string, host = address) => `http://${hostPort(host, requireRow(service).port)}`;
  const prometheus = {
    name: "Prometheus",
    uid: "prometheus",
    type: "prometheus",
    access: "proxy",
    url: url("prometheus"),
    isDefault: true,
    jsonData: { httpMethod: "POST", timeInterval: "15s" },
  };
  const loki = {
    name: "Loki",
    uid: "loki",
    type: "loki",
    access: "proxy",
    url: url("loki"),
    jsonData: { maxLines: 1000 },
  };
  const alertmanager = {
    name: "Alertmanager",
    uid: "alertmanager",
    type: "alertmanager",
    access: "proxy",
    url: url("alertmanager", "127.0.0.1"),
    jsonData: { implementation: "prometheus" },
  };
  return { apiVersion: 1, datasources: alerting ? [prometheus, loki, alertmanager] : [prometheus, loki] };
}
