import { blackboxConfig } from "../../../plan/blackbox";
import { durationMs } from "../../../plan/duration";
import { grafanaDatasources, grafanaSettings, rolePath } from "../../../plan/grafana";
import { kanidmProvision } from "../../../plan/kanidm";
import { lokiConfig, oldestAccepted } from "../../../plan/loki";
import { planCluster } from "../../../plan/plan";
import { probeModule } from "../../../plan/probes";
import { prometheusConfig } from "../../../plan/prometheus";
import type { JsonObject } from "../../../plan/types";
import { cluster, content, withHost } from "./fixture";

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as JsonObject)[key], value);

describe("prometheus.yml", () => {
  const plain = prometheusConfig({ cluster: "test", scrapeTokens: [], alerting: true });

  test("scrapes and evaluates every 15 seconds", () => {
    expect(plain.global).toMatchObject({
      scrape_interval: "15s",
      evaluation_interval: "15s",
      external_labels: { cluster: "test" },
    });
  });

  test("has one job for all hosts, fed by a file per host", () => {
    expect(plain.scrape_configs).toEqual([
      expect.objectContaining({ job_name: "hosts", file_sd_configs: [{ files: ["/var/lib/nixmon/targets/*.json"] }] }),
    ]);
  });

  test("knows Alertmanager unless alerting is off", () => {
    expect(at(plain, "alerting", "alertmanagers")).toEqual([{ static_configs: [{ targets: ["127.0.0.1:9093"] }] }]);
    expect(prometheusConfig({ cluster: "test", scrapeTokens: [], alerting: false })).not.toHaveProperty("alerting");
  });

  test("gives each bearer token a job of its own that takes no other target", () => {
    const { scrape_configs: jobs } = prometheusConfig({ cluster: "test", scrapeTokens: ["APP"], alerting: true });
    expect((jobs as JsonObject[])[1]).toMatchObject({
      job_name: "hosts-with-APP",
      authorization: { type: "Bearer", credentials_file: "/run/credentials/prometheus.service/MONITORING_SCRAPE_APP" },
      relabel_configs: [{ source_labels: ["__nixmon_token__"], regex: "APP", action: "keep" }, expect.anything()],
    });
    expect((jobs as JsonObject[])[0]).toMatchObject({
      relabel_configs: [{ source_labels: ["__nixmon_token__"], regex: ".+", action: "drop" }, expect.anything()],
    });
  });

  test.each([
    [{ host: "nixio", __address__: "10.0.0.12:9100" }, "nixio:9100"],
    [{ host: "nixsix", __address__: "[fd00::1]:9100" }, "nixsix:9100"],
    [{ instance: "https://a.example.net", host: "nixio", __address__: "127.0.0.1:9115" }, undefined],
  ])("relabels %j to instance %s", (labels: Record<string, string>, expected) => {
    const [job] = plain.scrape_configs as {
      relabel_configs: { source_labels: string[]; regex: string; replacement: string }[];
    }[];
    const rule = job?.relabel_configs[1];
    if (rule === undefined) throw new Error("no relabelling");
    const joined = rule.source_labels.map((name) => labels[name] ?? "").join(";");
    const found = new RegExp(`^(?:${rule.regex})$`).exec(joined);
    expect(found?.[0].replace(new RegExp(rule.regex), rule.replacement)).toBe(expected);
  });

  test("expects the jobs of hosts with a role, whatever the other hosts do", () => {
    const rules = (config = cluster()) =>
      planCluster(config, content).hosts.nixmon?.collector?.rules["expected-jobs.yaml"];
    const jobs = (config = cluster()) => JSON.stringify(rules(config)).match(/(?<="job":")\w+/g);
    const usual = ["alertmanager", "alloy", "blackbox", "caddy", "grafana", "loki", "node"];
    const more = ["postgres", "probe", "prometheus", "pve", "redis"];
    expect(jobs()).toEqual([...usual, ...more]);
    const scrapes = [{ job: "app", port: 8080, path: "/metrics", scheme: "http" as const }];
    expect(rules(withHost("nixserv", { scrapes }))).toEqual(rules());
    expect(jobs(withHost("nixio", { scrapes }))).toEqual(["alertmanager", "alloy", "app", ...usual.slice(2), ...more]);
    expect(jobs(cluster({ probes: { enable: false } }))).toEqual([...usual, ...more].filter((job) => job !== "probe"));
  });
});

describe("loki.yaml", () => {
  const loki = lokiConfig("10.0.0.11", "30d");

  test("deletes what is older than its retention", () => {
    expect(at(loki, "limits_config", "retention_period")).toBe("30d");
    expect(loki.compactor).toMatchObject({ retention_enabled: true, delete_request_store: "filesystem" });
    expect(at(loki, "schema_config", "configs")).toEqual([
      expect.objectContaining({
        store: "tsdb",
        schema: "v13",
        object_store: "filesystem",
        index: expect.objectContaining({ period: "24h" }),
      }),
    ]);
  });

  test("takes what hosts send again after an outage", () => {
    const alloy = planCluster(cluster(), content).hosts.nixserv?.alloy ?? "";
    const resent = /max_age\s+= "(\w+)"/.exec(alloy)?.[1] ?? "";
    expect(durationMs(resent)).toBeLessThan(durationMs(oldestAccepted) ?? 0);
  });

  test("listens on the host's address, and on loopback for what only it uses", () => {
    expect(loki.server).toMatchObject({
      http_listen_address: "10.0.0.11",
      http_listen_port: 3100,
      grpc_listen_address: "127.0.0.1",
    });
  });
});

describe("Grafana and Kanidm", () => {
  const context = { domain: "example.net", address: "10.0.0.11", kanidm: "https://auth.example.net", alerting: true };
  const settings = grafanaSettings(context);
  const client = at(kanidmProvision("example.net"), "systems", "oauth2", "grafana") as JsonObject;
  const oauth = settings["auth.generic_oauth"] as Record<string, string>;

  test("agree on the client, the redirect and where people land", () => {
    expect(oauth.client_id).toBe("grafana");
    expect(client.originUrl).toBe(`${at(settings, "server", "root_url")}login/generic_oauth`);
    expect(client.originLanding).toBe(at(settings, "server", "root_url"));
  });

  test("agree on the scopes: each that Grafana asks for is granted to every group", () => {
    const asked = oauth.scopes?.split(" ") ?? [];
    const granted = Object.values(client.scopeMaps as Record<string, string[]>);
    expect(asked).toContain("openid");
    expect(granted).toHaveLength(3);
    for (const scopes of granted) expect(scopes).toEqual(expect.arrayContaining(asked));
  });

  test("agree on the claim and its values", () => {
    const groups = at(client, "claimMaps", "grafana_role", "valuesByGroup");
    expect(groups).toEqual({ grafana_admins: ["Admin"], grafana_editors: ["Editor"], grafana_viewers: ["Viewer"] });
    expect(rolePath).toBe(
      "contains(grafana_role[*], 'Admin') && 'Admin' || contains(grafana_role[*], 'Editor') && 'Editor' || contains(grafana_role[*], 'Viewer') && 'Viewer'",
    );
  });

  test("provision every group that a map names", () => {
    const groups = Object.keys(kanidmProvision("example.net").groups as JsonObject);
    expect(Object.keys(client.scopeMaps as JsonObject)).toEqual(groups);
  });

  test("refuse whoever has no role, and use PKCE", () => {
    expect(oauth).toMatchObject({ role_attribute_strict: true, use_pkce: true, allow_assign_grafana_admin: false });
    expect(rolePath).not.toMatch(/\|\| '\w+'$/);
  });

  test("use Kanidm's endpoints", () => {
    expect([oauth.auth_url, oauth.token_url, oauth.api_url]).toEqual([
      "https://auth.example.net/ui/oauth2",
      "https://auth.example.net/oauth2/token",
      "https://auth.example.net/oauth2/openid/grafana/userinfo",
    ]);
  });

  test("take every secret from a file", () => {
    const secrets = [
      oauth.client_secret,
      at(settings, "security", "secret_key"),
      at(settings, "security", "admin_password"),
    ];
    for (const secret of secrets)
      expect(secret).toMatch(/^\$__file\{\/run\/credentials\/grafana\.service\/MONITORING_GRAFANA_[A-Z_]+\}$/);
  });

  test("let nobody sign up or look in without logging in", () => {
    expect(settings.users).toMatchObject({ allow_sign_up: false });
    expect(settings["auth.anonymous"]).toEqual({ enabled: false });
  });

  test("without Kanidm leave the local login alone", () => {
    expect(grafanaSettings({ ...context, kanidm: undefined })).not.toHaveProperty("auth.generic_oauth");
  });

  test("have data sources with fixed uids", () => {
    const sources = (alerting: boolean) =>
      (grafanaDatasources({ ...context, alerting }).datasources as JsonObject[]).map(({ uid, url }) => [uid, url]);
    expect(sources(true)).toEqual([
      ["prometheus", "http://10.0.0.11:9090"],
      ["loki", "http://10.0.0.11:3100"],
      ["alertmanager", "http://127.0.0.1:9093"],
    ]);
    expect(sources(false).map(([uid]) => uid)).toEqual(["prometheus", "loki"]);
  });
});

describe("blackbox.yml", () => {
  test.each([{}, { scheme: "http" as const }, { verifyTls: false }])(
    "has the module that probes with %j ask for",
    (options) => {
      expect(Object.keys(blackboxConfig().modules as JsonObject)).toContain(probeModule(options));
    },
  );
});
