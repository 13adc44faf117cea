import { catalog, requireRow } from "../../plan/catalog";
import { planCluster } from "../../plan/plan";
import { scrapeTokenKey, secretKeys } from "../../plan/secrets";
import type { CatalogRow, ClusterConfig, SecretNeed } from "../../plan/types";
import { code, markdownTable } from "./markdown";
import { autoWords } from "./options";

/** `docs/reference.md`: exporters, ports, secrets. */
export function referencePage(): string {
  return [
    "# Reference: exporters, ports, secrets",
    "",
    "## What is scraped",
    "",
    "Rows of `modules/nixos/server/monitoring/exporters/catalog.json`. The proof metric is what the health gate looks for: it is there only",
    "when the exporter really sees its subject. A gating one that does not come up undoes the activation; another is reported.",
    "",
    markdownTable(
      ["name", "automatic", "unit", "metrics", "proof metric", "gating", "shows"],
      catalog.map((row) => [
        code(row.name),
        autoWords[row.auto],
        code(row.unit),
        code(`:${row.port}${row.path}`),
        code(row.proofMetric),
        row.gating ? "yes" : "no",
        row.shows,
      ]),
    ),
    "",
    "Beside them: one probe per virtual host (job `probe`), one scrape per further Redis instance, and the `scrapes` of a host.",
    "",
    "## Ports",
    "",
    portsTable(),
    "",
    "## Secrets",
    "",
    "One file each under `/var/lib/nixmon/secrets` on the host whose unit reads it, mode 0400. The plan asks only for those that the",
    "configuration needs.",
    "",
    secretsTable(),
    "",
  ].join("\n");
}

const openTo: Readonly<Record<CatalogRow["openTo"], string>> = {
  primary: "the monitoring primary",
  ioPrimary: "the IO primary, whose Caddy serves it",
  lan: "the LAN, since every host pushes its logs",
  nobody: "nobody",
};

const listens: Readonly<Record<CatalogRow["listen"], string>> = { host: "the host's address", loopback: "127.0.0.1" };

/** Also in the README. */
export function portsTable(): string {
  const name = (row: CatalogRow): string => (row.kind === "exporter" ? `${row.name} exporter` : row.name);
  return markdownTable(
    ["service", "TCP port", "listens on", "open to"],
    catalog.map((row) => [name(row), String(row.port), listens[row.listen], openTo[row.openTo]]),
  );
}

type SecretName = keyof typeof secretKeys;

/** Where each value comes from. */
const origins: Readonly<Record<SecretName, string>> = {
  grafanaSecretKey: "made: 48 letters and digits. Encrypts what Grafana keeps in its database",
  grafanaOAuthSecret: "made: 48 letters and digits, the same as KANIDM/OAUTH2/GRAFANA_SECRET",
  grafanaAdminPassword: "made: 48 letters and digits. Password of Grafana's local `admin`, for when Kanidm is down",
  homeAssistantWebhookUrl: "made: `homeAssistant.url` and a random id; or given as `homeAssistantWebhookUrl`",
  nextcloudTalkWebhookUrl: "made of `nextcloudTalk.url` and `.room`",
  nextcloudTalkAppPassword: "given as `nextcloudTalkPassword`",
  heartbeatUrl: "given as `heartbeatUrl`",
  proxmoxUser: "made on Proxmox VE: `monitoring@<proxmox.realm>`, role PVEAuditor",
  proxmoxTokenId: "made on Proxmox VE: name of the user's token",
  proxmoxTokenSecret: "made on Proxmox VE: the token's UUID",
  kanidmGrafanaSecret: "made: the identity host's end of MONITORING/GRAFANA/OAUTH_SECRET",
};

/** A cluster that needs every secret there is. */
const everything: ClusterConfig = {
  name: "reference",
  domain: "example.net",
  allocations: { monitoringPrimaryHost: "one", ioPrimaryHost: "one", identityHost: "one" },
  lan: ["10.0.0.0/24"],
  monitoring: {
    collector: {
      alerting: {
        homeAssistant: { enable: true, url: "https://ha.example.net" },
        nextcloudTalk: { enable: true, url: "https://cloud.example.net", room: "room", user: "bot" },
        heartbeat: { enable: true },
      },
    },
  },
  proxmox: { host: "pve.example.net", port: 8006, verifyTls: true },
  givenSecrets: ["heartbeatUrl", "nextcloudTalkPassword", "scrapeTokens"],
  hosts: [
    {
      name: "one",
      address: "10.0.0.2",
      virtualHosts: {},
      postgresDatabases: [],
      redisInstances: {},
      monitoring: {},
      scrapes: [{ job: "app", port: 8080, path: "/metrics", scheme: "http", bearerTokenSecret: "NAME" }],
    },
  ],
};

/** Each secret that some host may need, and who reads it. */
export function allSecretNeeds(): SecretNeed[] {
  const plan = planCluster(everything, { rules: {} });
  const [problem] = plan.errors;
  if (problem)
    throw new Error(`the cluster of cli/docs/reference.ts: ${problem.key}: got ${problem.got}, want ${problem.want}`);
  return plan.hosts.one?.secrets ?? [];
}

function secretsTable(): string {
  const needs = allSecretNeeds();
  const consumers = (key: string): string => {
    const need = needs.find((one) => one.key === key);
    if (need === undefined) throw new Error(`no host of the cluster of cli/docs/reference.ts needs ${key}`);
    return need.consumers.map(code).join(", ");
  };
  const names = Object.entries(origins) as [SecretName, string][];
  const rows = names.map(([name, origin]) => [code(secretKeys[name]), consumers(secretKeys[name]), origin]);
  const tokens = [code(scrapeTokenKey("<NAME>")), code(requireRow("prometheus").unit), "given in `scrapeTokens`"];
  return markdownTable(["key", "read by", "where it comes from"], [...rows, tokens]);
}
