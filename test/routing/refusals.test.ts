import type { JsonObject } from "../../plan/types";
import { type Alertmanager, startAlertmanager } from "./alertmanager";
import { alert, openStage, pace, planned, until } from "./stage";

const failed = (manager: Alertmanager) =>
  manager.metric("alertmanager_notifications_failed_total", 'integration="webhook"');

describe("the services refuse, and Alertmanager's own metric tells", () => {
  test("an app password that Nextcloud does not know", async () => {
    const stage = await openStage((config) => config, "wrong");
    try {
      await stage.manager.fire(alert("web1", "ServiceDown", "critical"));
      await stage.until(
        () => failed(stage.manager),
        (seen) => seen > 0,
      );
      expect(stage.services.lost).toContain("talk: 401 unauthorised");
      expect(stage.services.told.talk).toEqual([]);
      await stage.until(
        () => stage.toldAt("web1"),
        (seen) => seen.includes("ServiceDown"),
      );
    } finally {
      await stage.end();
    }
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
    const stage = await openStage(broken);
    try {
      await stage.manager.fire(alert("web1", "ServiceDown", "critical"));
      await stage.until(
        () => failed(stage.manager),
        (seen) => seen > 0,
      );
      // it tries again with the next round, and is refused again
      expect([name, ...new Set(stage.services.lost)]).toEqual([name, why]);
    } finally {
      await stage.end();
    }
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
