import { planCluster } from "../../../plan/plan";
import { credentialPath, homeAssistantWebhookUrl, talkChatUrl } from "../../../plan/secrets";
import type { ClusterConfig } from "../../../plan/types";
import { cluster, content, withHost } from "./fixture";

function needs(name: string, config: ClusterConfig = cluster()): Record<string, string[]> {
  const { hosts, errors } = planCluster(config, content);
  expect(errors).toEqual([]);
  return Object.fromEntries((hosts[name]?.secrets ?? []).map(({ key, consumers }) => [key, consumers]));
}

const always = {
  "MONITORING/GRAFANA/SECRET_KEY": ["grafana.service"],
  "MONITORING/GRAFANA/ADMIN_PASSWORD": ["grafana.service"],
};
const oauth = { "MONITORING/GRAFANA/OAUTH_SECRET": ["grafana.service"] };
const proxmox = {
  "MONITORING/PROXMOX/USER": ["prometheus-pve-exporter.service"],
  "MONITORING/PROXMOX/TOKEN_ID": ["prometheus-pve-exporter.service"],
  "MONITORING/PROXMOX/TOKEN_SECRET": ["prometheus-pve-exporter.service"],
};
const withAlerting = (alerting: object) => cluster({ monitoring: { collector: { alerting } } });

describe("secrets of the monitoring primary", () => {
  test("are Grafana's and Proxmox', without integrations", () => {
    expect(needs("nixmon")).toEqual({ ...always, ...oauth, ...proxmox });
  });

  test("hold no OAuth secret without Kanidm, and no token without Proxmox", () => {
    const collector = { grafana: { kanidm: { enable: false } }, proxmox: { enable: false } };
    expect(needs("nixmon", cluster({ monitoring: { collector } }))).toEqual(always);
  });

  test("hold Home Assistant's webhook when it is told", () => {
    const config = withAlerting({ homeAssistant: { enable: true, url: "https://ha.example.net" } });
    expect(needs("nixmon", config)["MONITORING/HOME_ASSISTANT/WEBHOOK_URL"]).toEqual(["alertmanager.service"]);
  });

  test("hold Talk's room and password when it is told", () => {
    const talk = { enable: true, url: "https://cloud.example.net", room: "abc", user: "bot" };
    expect(needs("nixmon", withAlerting({ nextcloudTalk: talk }))).toMatchObject({
      "MONITORING/NEXTCLOUD_TALK/WEBHOOK_URL": ["alertmanager.service"],
      "MONITORING/NEXTCLOUD_TALK/APP_PASSWORD": ["alertmanager.service"],
    });
  });

  test("hold the heartbeat's address once it is given, or the option says so", () => {
    const heartbeat = (config: ClusterConfig) => needs("nixmon", config)["MONITORING/HEARTBEAT/URL"];
    expect(heartbeat(cluster({ givenSecrets: ["heartbeatUrl"] }))).toEqual(["alertmanager.service"]);
    expect(heartbeat(withAlerting({ heartbeat: { enable: true } }))).toEqual(["alertmanager.service"]);
    const off = { ...withAlerting({ heartbeat: { enable: false } }), givenSecrets: ["heartbeatUrl"] };
    expect(heartbeat(off)).toBeUndefined();
  });

  test("hold no integration's secret while alerting is off", () => {
    const config = withAlerting({ enable: false, homeAssistant: { enable: true, url: "https://ha.example.net" } });
    expect(Object.keys(needs("nixmon", config)).filter((key) => key.includes("HOME"))).toEqual([]);
  });

  test("hold the token of every free scrape in the cluster, once", () => {
    const scrape = { job: "app", port: 8080, path: "/metrics", scheme: "http" as const, bearerTokenSecret: "APP" };
    const config = withHost("nixserv", { scrapes: [scrape] }, withHost("nixio", { scrapes: [scrape] }));
    expect(needs("nixmon", config)["MONITORING/SCRAPE/APP"]).toEqual(["prometheus.service"]);
    expect(needs("nixserv", config)).toEqual({});
  });
});

describe("secrets of other hosts", () => {
  test("are the OAuth client's on the identity host, while Grafana uses Kanidm", () => {
    expect(needs("nixcloud")).toEqual({ "KANIDM/OAUTH2/GRAFANA_SECRET": ["kanidm.service"] });
    const collector = { grafana: { kanidm: { enable: false } } };
    expect(needs("nixcloud", cluster({ monitoring: { collector } }))).toEqual({});
  });

  test.each(["nixio", "nixserv"])("are none on %s", (name) => {
    expect(needs(name)).toEqual({});
  });
});

describe("addresses that hold a secret", () => {
  test("are made of their parts", () => {
    expect(talkChatUrl("https://cloud.example.net/", "a b")).toBe(
      "https://cloud.example.net/ocs/v2.php/apps/spreed/api/v1/chat/a%20b",
    );
    expect(homeAssistantWebhookUrl("https://ha.example.net", "id")).toBe("https://ha.example.net/api/webhook/id");
  });

  test("are read from a unit's own credentials", () => {
    expect(credentialPath("grafana.service", "A/B")).toBe("/run/credentials/grafana.service/A_B");
  });
});
