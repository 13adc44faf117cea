import { planCluster } from "../../plan/plan";
import { homeAssistantWebhookUrl, talkChatUrl } from "../../plan/secrets";
import type { ClusterConfig, JsonObject, MonitoringOptions } from "../../plan/types";
import { readContent } from "../../stacks/content";
import { cluster } from "../unit/plan/fixture";
import { type Alert, type Alertmanager, startAlertmanager } from "./alertmanager";
import { type Known, type Services, startServices, talkLimit } from "./services";

/** Patience of people, which a test need not have: every route's own value is replaced. */
const pace = { group_wait: "500ms", group_interval: "500ms", repeat_interval: "1h" };

const known: Known = {
  webhookId: "aVeryRandomWebhookId48",
  room: "room/1",
  user: "alert$bot",
  appPassword: 'app "pass" $word',
  heartbeatPath: "/ping/heart-1",
};

type Alerting = NonNullable<NonNullable<MonitoringOptions["collector"]>["alerting"]>;

function planned(alerting: Alerting) {
  const config: ClusterConfig = cluster({ monitoring: { collector: { alerting } } });
  const plan = planCluster(config, readContent());
  expect(plan.errors).toEqual([]);
  const told = plan.hosts.nixmon?.collector?.alertmanager;
  if (!told) throw new Error("the plan has no alertmanager.yml for nixmon");
  return { config: told, warnings: plan.warnings };
}

/** The plan's own alertmanager.yml with every way out. */
function everything(services: Services): JsonObject {
  return planned({
    homeAssistant: { enable: true, url: services.url },
    nextcloudTalk: { enable: true, url: services.url, room: known.room, user: known.user },
    heartbeat: { enable: true },
  }).config;
}

function credentials(services: Services, appPassword = known.appPassword): Record<string, string> {
  return {
    MONITORING_HOME_ASSISTANT_WEBHOOK_URL: `${homeAssistantWebhookUrl(services.url, known.webhookId)}\n`,
    MONITORING_NEXTCLOUD_TALK_WEBHOOK_URL: talkChatUrl(services.url, known.room),
    MONITORING_NEXTCLOUD_TALK_APP_PASSWORD: appPassword,
    MONITORING_HEARTBEAT_URL: services.url + known.heartbeatPath,
  };
}

let services: Services;
let manager: Alertmanager;

beforeAll(async () => {
  services = await startServices(known);
  manager = await startAlertmanager(everything(services), credentials(services), pace);
});

afterAll(async () => {
  await manager?.stop();
  await services?.close();
});

async function until<T>(look: () => T | Promise<T>, enough: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const seen = await look();
    if (enough(seen)) return seen;
    if (tries > 400)
      throw new Error(`did not come; last seen: ${JSON.stringify(seen)}; lost: ${services.lost.join("; ")}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function alert(host: string, alertname: string, severity: string, more: Record<string, string> = {}): Alert {
  const annotations = { summary: `${alertname} of ${host}`, description: `Something is the matter with ${host}.` };
  return { labels: { alertname, host, severity, ...more }, annotations };
}

const webhooks = (host: string, to = services) => to.told.homeAssistant.filter((one) => one.groupLabels.host === host);
const toldAt = (host: string, to = services) =>
  webhooks(host, to).flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname ?? ""));
const talked = (host: string, to = services) => to.told.talk.filter((text) => text.includes(host));

/** Waits for a warning of another host, which is sent after what a test sent: what has not come by then does not come. */
async function settled(name: string): Promise<void> {
  const host = `control-${name}`;
  await manager.fire(alert(host, "HighLoad", "warning"));
  await until(
    () => webhooks(host),
    (seen) => seen.length > 0,
  );
}

describe("who is told", () => {
  test("critical arrives at Home Assistant with its native payload, and at Talk as one text that begins in bold", async () => {
    const alerts = [alert("web1", "ServiceDown", "critical", { job: "caddy" })];
    await manager.fire(...alerts);
    const [webhook] = await until(
      () => webhooks("web1"),
      (seen) => seen.length > 0,
    );
    expect(webhook).toMatchObject({ status: "firing", commonLabels: { host: "web1" }, alerts });
    const [text] = await until(
      () => talked("web1"),
      (seen) => seen.length > 0,
    );
    expect(text).toBe(
      "**FIRING web1**\n- ServiceDown of web1 (ServiceDown, critical)\n  Something is the matter with web1.",
    );
  });

  test("warning arrives at Home Assistant alone", async () => {
    await manager.fire(alert("web2", "HighLoad", "warning"));
    await until(
      () => toldAt("web2"),
      (seen) => seen.includes("HighLoad"),
    );
    await settled("warning");
    expect(talked("web2")).toEqual([]);
  });

  test("info and none are told to nobody", async () => {
    await manager.fire(alert("web3", "HostRebooted", "info"), alert("web3", "ProxmoxGuestCutOff", "none"));
    await settled("info");
    expect([toldAt("web3"), talked("web3")]).toEqual([[], []]);
  });

  test("an alert that nobody gave a severity is told rather than lost", async () => {
    await manager.fire({ labels: { alertname: "Foreign", host: "web4" } });
    await until(
      () => toldAt("web4"),
      (seen) => seen.includes("Foreign"),
    );
  });

  test("the watchdog calls the heartbeat, and no person", async () => {
    await manager.fire({ labels: { alertname: "Watchdog", severity: "none" } });
    await until(
      () => services.told.heartbeats,
      (seen) => seen > 0,
    );
    expect(
      services.told.homeAssistant.flatMap(({ alerts }) => alerts).map(({ labels }) => labels.alertname),
    ).not.toContain("Watchdog");
  });

  test("alerts of one host come together, those of another apart", async () => {
    await manager.fire(alert("web5", "A", "warning"), alert("web5", "B", "warning"), alert("web6", "A", "warning"));
    await until(
      () => [...webhooks("web5"), ...webhooks("web6")],
      (seen) => seen.length >= 2,
    );
    expect(webhooks("web5").map(({ alerts }) => alerts.length)).toEqual([2]);
    expect(webhooks("web6").map(({ alerts }) => alerts.length)).toEqual([1]);
  });

  test("resolved follows, at both", async () => {
    const one = alert("web7", "RedisDown", "critical");
    await manager.fire(one);
    await until(
      () => [webhooks("web7").length, talked("web7").length],
      ([a, b]) => a === 1 && b === 1,
    );
    await manager.resolve(one);
    await until(
      () => [webhooks("web7").length, talked("web7").length],
      ([a, b]) => a === 2 && b === 2,
    );
    expect(webhooks("web7").map(({ status }) => status)).toEqual(["firing", "resolved"]);
    expect(talked("web7")[1]).toMatch(/^\*\*RESOLVED web7\*\*\n- resolved: RedisDown of web7 /);
  });
});

describe("what arrives", () => {
  test.each([
    ["quotes", `He said "it's" \`down\``],
    ["a newline", "first line\nsecond: line\n- third"],
    ["a template", "{{ .Status }} {{ range }} {{"],
    ["a dollar sign", "$HOME ${PATH} $$ $(id)"],
    ["other alphabets", "Größe 温度 🔥 \u202eabc"],
    ["what looks like YAML", "key: [value, 'x'] # comment"],
    ["a number", "42"],
    ["backslashes", "C:\\new\\table \\u0041"],
    ["HTML", "<b>&amp;</b>"],
  ])("%s in labels and texts arrive unchanged at both", async (name, text) => {
    const host = `odd ${name} ${text}`.slice(0, 100);
    const one: Alert = {
      labels: { alertname: "Odd", severity: "critical", host, mountpoint: text },
      annotations: { summary: text, description: `${text} again` },
    };
    await manager.fire(one);
    const [webhook] = await until(
      () => webhooks(host),
      (seen) => seen.length > 0,
    );
    expect(webhook?.alerts).toMatchObject([one]);
    const message = `**FIRING ${host}**\n- ${text} (Odd, critical)\n  ${text} again`;
    await until(
      () => services.told.talk,
      (seen) => seen.includes(message),
    );
  });

  test("a flood of long texts stays below what Talk takes, and says how many there are", async () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      const long = "ü".repeat(5000);
      return {
        ...alert("flood", `Flood${index}`, "critical", { instance: long }),
        annotations: { summary: long, description: long, runbook_url: long },
      };
    });
    await manager.fire(...many);
    const [text = ""] = await until(
      () => talked("flood"),
      (seen) => seen.length > 0,
    );
    expect(text).toMatch(
      /^\*\*FIRING flood\*\* 60 alerts, the first 20:\n- ü{200} \(Flood\d+, critical\)\n {2}ü{700}\n {2}ü{300}\n- /,
    );
    expect(text.match(/\n- /g)).toHaveLength(20);
    expect([...text].length).toBeLessThan(talkLimit);
    const [webhook] = await until(
      () => webhooks("flood"),
      (seen) => seen.length > 0,
    );
    expect(webhook?.alerts).toHaveLength(60);
  });
});

describe("what is held back", () => {
  const down = (host: string) => alert(host, "HostDown", "critical", { job: "node" });
  const cutOff = (host: string) => alert(host, "ProxmoxGuestCutOff", "none", { node: "pve2" });
  test.each<[string, Alert[], Alert[]]>([
    [
      "a host that is down silences its services",
      [down("h1")],
      [alert("h1", "ServiceDown", "critical", { job: "redis" }), alert("h1", "HighLoad", "warning")],
    ],
    [
      "critical silences warning and info of the same thing",
      [alert("h2", "DiskWillFill", "critical", { mountpoint: "/" })],
      [
        alert("h2", "DiskWillFill", "warning", { mountpoint: "/" }),
        alert("h2", "DiskWillFill", "info", { mountpoint: "/" }),
      ],
    ],
    [
      "warning silences info of the same thing",
      [alert("h3", "Age", "warning", { device: "a" })],
      [alert("h3", "Age", "info", { device: "a" })],
    ],
    [
      "a Proxmox node that is down silences its guests",
      [alert("pve2", "ProxmoxNodeDown", "critical", { id: "node/pve2" }), cutOff("guest1")],
      [down("guest1"), alert("guest1", "ServiceDown", "critical"), alert("guest1", "ProxmoxGuestDown", "warning")],
    ],
    [
      "the IO primary that is down silences the probes of all hosts' sites",
      [down("nixio")],
      [alert("h4", "ProbeFailed", "critical", { job: "probe", instance: "https://x.example.net" })],
    ],
  ])("%s", async (name, sources, targets) => {
    await manager.fire(...sources, ...targets);
    const held = await until(
      async () => (await manager.inhibited()).map((labels) => JSON.stringify(labels, Object.keys(labels).sort())),
      (seen) => targets.every(({ labels }) => seen.includes(JSON.stringify(labels, Object.keys(labels).sort()))),
    );
    // the reason itself is told, unless it is there for this purpose only
    for (const { labels } of sources.filter(({ labels: { severity } }) => severity !== "none")) {
      expect(held).not.toContain(JSON.stringify(labels, Object.keys(labels).sort()));
      await until(
        () => toldAt(labels.host ?? ""),
        (seen) => seen.includes(labels.alertname ?? ""),
      );
    }
    await settled(name);
    const arrived = services.told.homeAssistant.flatMap(({ alerts }) => alerts.map(({ labels }) => labels));
    for (const { labels } of targets) expect(arrived).not.toContainEqual(labels);
  });

  test.each<[string, Alert, Alert]>([
    ["of another host", down("k1"), alert("k2", "ServiceDown", "critical")],
    [
      "of another disk",
      alert("k3", "DiskWillFill", "critical", { mountpoint: "/" }),
      alert("k3", "DiskWillFill", "warning", { mountpoint: "/home" }),
    ],
    ["of another name", alert("k4", "A", "critical"), alert("k4", "B", "warning")],
    ["of a guest elsewhere", cutOff("k5"), alert("k6", "ServiceDown", "critical")],
  ])("control: what is %s is told", async (_, source, target) => {
    await manager.fire(source, target);
    await until(
      () => toldAt(target.labels.host ?? ""),
      (seen) => seen.includes(target.labels.alertname ?? ""),
    );
  });

  test("what was held back is told when the reason is gone", async () => {
    const [reason, held] = [down("l1"), alert("l1", "ServiceDown", "critical")];
    await manager.fire(reason, held);
    await until(
      () => toldAt("l1"),
      (seen) => seen.includes("HostDown"),
    );
    expect(toldAt("l1")).not.toContain("ServiceDown");
    await manager.resolve(reason);
    await until(
      () => toldAt("l1"),
      (seen) => seen.includes("ServiceDown"),
    );
  });
});

test("nothing of all this was refused or came to nothing", () => {
  expect(services.lost).toEqual([]);
});

/** Another Alertmanager with services of its own, for what goes wrong. */
async function elsewhere(
  change: (config: JsonObject) => JsonObject,
  act: (manager: Alertmanager, to: Services) => Promise<void>,
  appPassword?: string,
): Promise<void> {
  const to = await startServices(known);
  const other = await startAlertmanager(change(everything(to)), credentials(to, appPassword), pace);
  try {
    await act(other, to);
  } finally {
    await other.stop();
    await to.close();
  }
}

const failed = (manager: Alertmanager) =>
  manager.metric("alertmanager_notifications_failed_total", 'integration="webhook"');

describe("the services refuse, and Alertmanager's own metric tells", () => {
  test("an app password that Nextcloud does not know", async () => {
    await elsewhere(
      (config) => config,
      async (other, to) => {
        await other.fire(alert("web1", "ServiceDown", "critical"));
        await until(
          () => failed(other),
          (seen) => seen > 0,
        );
        expect(to.lost).toContain("talk: 401 unauthorised");
        expect(to.told.talk).toEqual([]);
        await until(
          () => toldAt("web1", to),
          (seen) => seen.includes("ServiceDown"),
        );
      },
      "wrong",
    );
  });

  test.each<[string, string, string]>([
    [
      "a message that YAML reads as something else than a text",
      '"FIRING: {{ .CommonLabels.host }}"',
      "talk: 400 message",
    ],
    ["the header that Nextcloud asks for left out", '"x"', "talk: 412 CSRF check failed"],
  ])("%s", async (name, message, why) => {
    const broken = (config: JsonObject): JsonObject =>
      JSON.parse(JSON.stringify(config), (key, value: unknown) => {
        if (key === "message" && why.includes("400")) return JSON.parse(message);
        return key === "OCS-APIRequest" && why.includes("412") ? { values: ["false"] } : value;
      });
    await elsewhere(broken, async (other, to) => {
      await other.fire(alert("web1", "ServiceDown", "critical"));
      await until(
        () => failed(other),
        (seen) => seen > 0,
      );
      // it tries again with the next round, and is refused again
      expect([name, ...new Set(to.lost)]).toEqual([name, why]);
    });
  });
});

test("with no way out, everything starts, alerts are to be seen, nobody is told, and the plan warns", async () => {
  const { config, warnings } = planned({});
  expect(warnings.filter((text) => text.startsWith("alerts fire but nobody will be told"))).toHaveLength(1);
  expect((config.route as JsonObject).receiver).toBe("nobody");
  const alone = await startAlertmanager(config, {}, pace);
  try {
    await alone.fire(alert("web1", "ServiceDown", "critical"));
    await until(
      () => alone.metric("alertmanager_alerts", 'state="active"'),
      (seen) => seen === 1,
    );
    expect(await alone.metric("alertmanager_notifications_total")).toBe(0);
  } finally {
    await alone.stop();
  }
});
