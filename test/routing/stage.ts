import { planCluster } from "../../plan/plan";
import { homeAssistantWebhookUrl, talkChatUrl } from "../../plan/secrets";
import type { ClusterConfig, JsonObject, MonitoringOptions } from "../../plan/types";
import { readContent } from "../../stacks/content";
import { cluster } from "../unit/plan/fixture";
import { type Alert, type Alertmanager, startAlertmanager } from "./alertmanager";
import { type Known, type Services, startServices, type Webhook } from "./services";

/** Patience of people, which a test need not have: every route's own value is replaced. */
export const pace = { group_wait: "500ms", group_interval: "500ms", repeat_interval: "1h" };

const known: Known = {
  webhookId: "aVeryRandomWebhookId48",
  room: "room/1",
  user: "alert$bot",
  appPassword: 'app "pass" $word',
  heartbeatPath: "/ping/heart-1",
};

type Alerting = NonNullable<NonNullable<MonitoringOptions["collector"]>["alerting"]>;

export function planned(alerting: Alerting) {
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

export function alert(host: string, alertname: string, severity: string, more: Record<string, string> = {}): Alert {
  const annotations = { summary: `${alertname} of ${host}`, description: `Something is the matter with ${host}.` };
  return { labels: { alertname, host, severity, ...more }, annotations };
}

/**
 * Looks until there is enough.
 * @param lost what came to nothing meanwhile, for the error
 */
export async function until<T>(
  look: () => T | Promise<T>,
  enough: (seen: T) => boolean,
  lost: readonly string[] = [],
): Promise<T> {
  for (let tries = 0; ; tries++) {
    const seen = await look();
    if (enough(seen)) return seen;
    if (tries > 400) throw new Error(`did not come; last seen: ${JSON.stringify(seen)}; lost: ${lost.join("; ")}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The real Alertmanager with the plan's own configuration, and the services that it tells. */
export interface Stage {
  manager: Alertmanager;
  services: Services;
  /** Messages about a host: at Home Assistant, the names of the alerts in them, and at Talk. */
  webhooks(host: string): Webhook[];
  toldAt(host: string): string[];
  talked(host: string): string[];
  /** `until`, with what the services lost. */
  until<T>(look: () => T | Promise<T>, enough: (seen: T) => boolean): Promise<T>;
  /** Waits for a warning of another host, which is sent after what a test sent: what has not come by then does not come. */
  settled(name: string): Promise<void>;
  end(): Promise<void>;
}

/** @param change what is to be wrong in alertmanager.yml */
export async function openStage(
  change: (config: JsonObject) => JsonObject = (config) => config,
  appPassword = known.appPassword,
): Promise<Stage> {
  const services = await startServices(known);
  const manager = await startAlertmanager(change(everything(services)), credentials(services, appPassword), pace);
  const webhooks = (host: string) => services.told.homeAssistant.filter((one) => one.groupLabels.host === host);

  return {
    manager,
    services,
    webhooks,
    toldAt: (host) => webhooks(host).flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname ?? "")),
    talked: (host) => services.told.talk.filter((text) => text.includes(host)),
    until: (look, enough) => until(look, enough, services.lost),
    settled: async (name) => {
      const host = `control-${name}`;
      await manager.fire(alert(host, "HighLoad", "warning"));
      await until(
        () => webhooks(host),
        (seen) => seen.length > 0,
        services.lost,
      );
    },
    end: async () => {
      await manager.stop();
      await services.close();
    },
  };
}
