import { credentialPath, secretKeys } from "./secrets";
import type { ClusterConfig, JsonObject } from "./types";

/** Name of Grafana's OAuth2 client in Kanidm. */
export const grafanaClient = "grafana";

/** The claim that carries Grafana roles: the two ends must agree. */
export const roleClaim = "grafana_role";

/** What members of a mapped group may be asked for. Kanidm refuses a login that asks for more. */
const grantedScopes = ["openid", "profile", "email", "groups"] as const;
/** What Grafana asks for: `groups` would only make the token longer, since roles come by a claim of their own. */
export const askedScopes = grantedScopes.filter((scope) => scope !== "groups");

/** Kanidm group -> Grafana role, most powerful first. Who is in no group cannot log in. */
export const grafanaRoles = [
  { group: "grafana_admins", role: "Admin" },
  { group: "grafana_editors", role: "Editor" },
  { group: "grafana_viewers", role: "Viewer" },
] as const;

/** An origin: Kanidm is at the root of its host. */
export function isIdentityUrl(text: string): boolean {
  return /^https:\/\/[^\s/?#]+\/?$/.test(text);
}

/** Kanidm's address, without a slash at the end. */
export function identityUrl({ domain, identity }: Pick<ClusterConfig, "domain" | "identity">): string {
  return identity?.url?.replace(/\/+$/, "") ?? `https://auth.${domain}`;
}

/** Where Kanidm sends the browser back to. Kanidm compares it whole. */
export function grafanaRedirectUrl(domain: string): string {
  return `https://grafana.${domain}/login/generic_oauth`;
}

/** Grafana's client as Kanidm is to have it, whichever way it gets there. */
export interface KanidmClient {
  name: string;
  displayName: string;
  /** The page that Kanidm's own list of applications opens. */
  landing: string;
  redirect: string;
  /** Group -> scopes that its members may grant. This is the gate: without a mapped group there is no login at all. */
  scopeMaps: Record<string, string[]>;
  /** Claim -> group -> values; the values of all groups of a person are merged. */
  claimMaps: Record<string, Record<string, string[]>>;
}

export function grafanaClientOf(domain: string): KanidmClient {
  return {
    name: grafanaClient,
    displayName: "Grafana",
    landing: `https://grafana.${domain}/`,
    redirect: grafanaRedirectUrl(domain),
    scopeMaps: Object.fromEntries(grafanaRoles.map(({ group }) => [group, [...grantedScopes]])),
    claimMaps: { [roleClaim]: Object.fromEntries(grafanaRoles.map(({ group, role }) => [group, [role]])) },
  };
}

/** `services.kanidm.provision` on the identity host: Grafana's client and the groups that decide roles. */
export function kanidmProvision(domain: string): JsonObject {
  const client = grafanaClientOf(domain);
  return {
    // people are put into the groups by hand or by other modules: provisioning must not empty them
    groups: Object.fromEntries(grafanaRoles.map(({ group }) => [group, { overwriteMembers: false }])),
    systems: {
      oauth2: {
        [client.name]: {
          displayName: client.displayName,
          originUrl: client.redirect,
          originLanding: client.landing,
          basicSecretFile: credentialPath("kanidm.service", secretKeys.kanidmGrafanaSecret),
          preferShortUsername: true,
          scopeMaps: client.scopeMaps,
          claimMaps: Object.fromEntries(
            Object.entries(client.claimMaps).map(([claim, valuesByGroup]) => [
              claim,
              { joinType: "array", valuesByGroup },
            ]),
          ),
        },
      },
    },
  };
}
