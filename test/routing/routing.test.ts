import { alert, openStage, type Stage } from "./stage";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage?.end());

describe("who is told", () => {
  test("critical arrives at Home Assistant with its native payload, and at Talk as one text that begins in bold", async () => {
    const alerts = [alert("web1", "ServiceDown", "critical", { job: "caddy" })];
    await stage.manager.fire(...alerts);
    const [webhook] = await stage.until(
      () => stage.webhooks("web1"),
      (seen) => seen.length > 0,
    );
    expect(webhook).toMatchObject({ status: "firing", commonLabels: { host: "web1" }, alerts });
    const [text] = await stage.until(
      () => stage.talked("web1"),
      (seen) => seen.length > 0,
    );
    expect(text).toBe(
      "**FIRING web1**\n- ServiceDown of web1 (ServiceDown, critical)\n  Something is the matter with web1.",
    );
  });

  test("warning arrives at Home Assistant alone", async () => {
    await stage.manager.fire(alert("web2", "HighLoad", "warning"));
    await stage.until(
      () => stage.toldAt("web2"),
      (seen) => seen.includes("HighLoad"),
    );
    await stage.settled("warning");
    expect(stage.talked("web2")).toEqual([]);
  });

  test("info and none are told to nobody", async () => {
    await stage.manager.fire(alert("web3", "HostRebooted", "info"), alert("web3", "ProxmoxGuestCutOff", "none"));
    await stage.settled("info");
    expect([stage.toldAt("web3"), stage.talked("web3")]).toEqual([[], []]);
  });

  test("an alert that nobody gave a severity is told rather than lost", async () => {
    await stage.manager.fire({ labels: { alertname: "Foreign", host: "web4" } });
    await stage.until(
      () => stage.toldAt("web4"),
      (seen) => seen.includes("Foreign"),
    );
  });

  test("the watchdog calls the heartbeat, and no person", async () => {
    await stage.manager.fire({ labels: { alertname: "Watchdog", severity: "none" } });
    await stage.until(
      () => stage.services.told.heartbeats,
      (seen) => seen > 0,
    );
    expect(
      stage.services.told.homeAssistant.flatMap(({ alerts }) => alerts).map(({ labels }) => labels.alertname),
    ).not.toContain("Watchdog");
  });

  test("alerts of one host come together, those of another apart", async () => {
    await stage.manager.fire(
      alert("web5", "A", "warning"),
      alert("web5", "B", "warning"),
      alert("web6", "A", "warning"),
    );
    await stage.until(
      () => [...stage.webhooks("web5"), ...stage.webhooks("web6")],
      (seen) => seen.length >= 2,
    );
    expect(stage.webhooks("web5").map(({ alerts }) => alerts.length)).toEqual([2]);
    expect(stage.webhooks("web6").map(({ alerts }) => alerts.length)).toEqual([1]);
  });

  test("resolved follows, at both", async () => {
    const one = alert("web7", "RedisDown", "critical");
    await stage.manager.fire(one);
    await stage.until(
      () => [stage.webhooks("web7").length, stage.talked("web7").length],
      ([a, b]) => a === 1 && b === 1,
    );
    await stage.manager.resolve(one);
    await stage.until(
      () => [stage.webhooks("web7").length, stage.talked("web7").length],
      ([a, b]) => a === 2 && b === 2,
    );
    expect(stage.webhooks("web7").map(({ status }) => status)).toEqual(["firing", "resolved"]);
    expect(stage.talked("web7")[1]).toMatch(/^\*\*RESOLVED web7\*\*\n- resolved: RedisDown of web7 /);
  });
});

test("nothing of all this was refused or came to nothing", () => {
  expect(stage.services.lost).toEqual([]);
});
