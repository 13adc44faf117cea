import { credentialPath, secretKeys } from "./secrets";
import type { JsonObject } from "./types";

/** Name of Grafana's OAuth2 client in Kanidm. */
export const grafanaClient = "grafana";

/** The claim that carries Grafana roles, and the scopes that Grafana asks for: the two ends must agree. */
export const roleClaim = "grafana_role";
export const scopes = ["openid", "profile", "email"] as const;

/** Kanidm group -> Grafana role, most powerful first. Who is in no group cannot log in. */
export const grafanaRoles = [
  { group: "grafana_admins", role: "Admin" },
  { group: "grafana_editors", role: "Editor" },
  { group: "grafana_viewers", role: "Viewer" },
] as const;

/** Where Kanidm sends the browser back to. Kanidm compares it whole. */
export function grafanaRedirectUrl(domain: string): string {
  return `https://grafana.${domain}/login/generic_oauth`;
}

/** `services.kanidm.provision` on the identity host: Grafana's client and the groups that decide roles. */
export function kanidmProvision(domain: string): JsonObject {
  return {
    // people are put into the groups by hand or by other modules: provisioning must not empty them
    groups: Object.fromEntries(grafanaRoles.map(({ group }) => [group, { overwriteMembers: false }])),
    systems: {
      oauth2: {
        [grafanaClient]: {
          displayName: "Grafana",
          originUrl: grafanaRedirectUrl(domain),
          originLanding: `https://grafana.${domain}/`,
          basicSecretFile: credentialPath("kanidm.service", secretKeys.kanidmGrafanaSecret),
          preferShortUsername: true,
          // the scope map is the gate: without a mapped group there is no login at all
          scopeMaps: Object.fromEntries(grafanaRoles.map(({ group }) => [group, [...scopes]])),
          claimMaps: {
            [roleClaim]: {
              joinType: "array",
              valuesByGroup: Object.fromEntries(grafanaRoles.map(({ group, role }) => [group, [role]])),
            },
          },
        },
      },
    },
  };
}
