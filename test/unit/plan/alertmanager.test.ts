import { type AlertmanagerContext, alertmanagerConfig, anyoneTold, talkMessage } from "../../../plan/alertmanager";
import type { JsonObject } from "../../../plan/types";

const off: AlertmanagerContext = {
  homeAssistant: false,
  nextcloudTalkUser: undefined,
  heartbeat: false,
  ioPrimaryHost: undefined,
};
const on: AlertmanagerContext = {
  homeAssistant: true,
  nextcloudTalkUser: "alertbot",
  heartbeat: true,
  ioPrimaryHost: "nixio",
};

interface Route {
  receiver: string;
  matchers?: string[];
  continue?: boolean;
  routes?: Route[];
}

/** Alertmanager's own reading of matchers, as far as these files use it. */
function matches(matcher: string, labels: Record<string, string>): boolean {
  const [, name = "", operator = "", quoted = '""'] = /^(\w+)(!=|=~|!~|=)(".*")$/.exec(matcher) ?? [];
  const value: string = JSON.parse(quoted);
  const found = labels[name] ?? "";
  const hit = operator.endsWith("~") ? new RegExp(`^(?:${value})$`).test(found) : found === value;
  return operator.startsWith("!") ? !hit : hit;
}

/** Receivers of an alert: the routes that match, up to the first that does not continue; else the root. */
function receivers(config: JsonObject, labels: Record<string, string>): string[] {
  const root = config.route as unknown as Route;
  const told: string[] = [];
  for (const route of root.routes ?? []) {
    if (!(route.matchers ?? []).every((matcher) => matches(matcher, labels))) continue;
    told.push(route.receiver);
    if (!route.continue) break;
  }
  return told.length > 0 ? told : [root.receiver];
}

describe("routing", () => {
  const ha = "home-assistant";
  const talk = "nextcloud-talk";
  const both = { ...on, heartbeat: false };
  test.each([
    ["critical", both, { severity: "critical" }, [ha, talk]],
    ["warning", both, { severity: "warning" }, [ha]],
    ["info", both, { severity: "info" }, ["nobody"]],
    ["no severity at all", both, {}, [ha]],
    ["the watchdog", both, { alertname: "Watchdog", severity: "none" }, ["nobody"]],
    ["the watchdog with a heartbeat", on, { alertname: "Watchdog", severity: "none" }, ["heartbeat"]],
    ["critical with Home Assistant alone", { ...off, homeAssistant: true }, { severity: "critical" }, [ha]],
    ["critical with Talk alone", { ...off, nextcloudTalkUser: "a" }, { severity: "critical" }, [talk]],
    ["warning with Talk alone", { ...off, nextcloudTalkUser: "a" }, { severity: "warning" }, ["nobody"]],
    ["no severity with Talk alone", { ...off, nextcloudTalkUser: "a" }, {}, [talk]],
    ["critical with nothing on", off, { severity: "critical" }, ["nobody"]],
  ])("sends %s to the right places", (_, context, labels, expected) => {
    expect(receivers(alertmanagerConfig(context), labels)).toEqual(expected);
  });

  test("groups by host", () => {
    expect(alertmanagerConfig(on).route).toMatchObject({ group_by: ["host"] });
  });

  test.each([
    ["everything", on],
    ["nothing", off],
    ["a heartbeat alone", { ...off, heartbeat: true }],
  ])("with %s on names only receivers that exist", (_, context) => {
    const config = alertmanagerConfig(context);
    const names = new Set((config.receivers as { name: string }[]).map(({ name }) => name));
    const root = config.route as unknown as Route;
    for (const name of [root.receiver, ...(root.routes ?? []).map((route) => route.receiver)])
      expect(names).toContain(name);
  });

  test("says whether anyone will be told", () => {
    expect([anyoneTold(off), anyoneTold(on), anyoneTold({ ...off, nextcloudTalkUser: "a" })]).toEqual([
      undefined,
      "home-assistant",
      "nextcloud-talk",
    ]);
  });
});

describe("inhibition", () => {
  interface Rule {
    source_matchers: string[];
    target_matchers: string[];
    equal: string[];
  }
  const rules = alertmanagerConfig(on).inhibit_rules as unknown as Rule[];
  const silences = (source: Record<string, string>, target: Record<string, string>) =>
    rules.some(
      (rule) =>
        rule.source_matchers.every((matcher) => matches(matcher, source)) &&
        rule.target_matchers.every((matcher) => matches(matcher, target)) &&
        rule.equal.every((label) => (source[label] ?? "") === (target[label] ?? "")),
    );
  const down = { alertname: "HostDown", severity: "critical", host: "nixio" };

  test.each([
    ["a host that is down", down, { alertname: "ServiceDown", severity: "critical", host: "nixio" }, true],
    ["another host that is down", down, { alertname: "ServiceDown", severity: "critical", host: "nixdev" }, false],
    ["a host that is down, for the watchdog,", down, { alertname: "Watchdog", severity: "none", host: "nixio" }, false],
    [
      "the IO primary that is down, for sites of other hosts,",
      down,
      { alertname: "ProbeFailed", host: "nixdev", job: "probe" },
      true,
    ],
    [
      "critical over warning",
      { alertname: "CertificateExpiring", severity: "critical", host: "a", instance: "x" },
      { alertname: "CertificateExpiring", severity: "warning", host: "a", instance: "x" },
      true,
    ],
    [
      "critical over warning of another disk",
      { alertname: "DiskWillFill", severity: "critical", host: "a", mountpoint: "/" },
      { alertname: "DiskWillFill", severity: "warning", host: "a", mountpoint: "/home" },
      false,
    ],
    [
      "warning over info",
      { alertname: "A", severity: "warning", host: "a" },
      { alertname: "A", severity: "info", host: "a" },
      true,
    ],
    [
      "warning over critical",
      { alertname: "A", severity: "warning", host: "a" },
      { alertname: "A", severity: "critical", host: "a" },
      false,
    ],
  ])("%s: %j and %j -> %s", (_, source, target, expected) => {
    expect(silences(source, target)).toBe(expected);
  });
});

describe("secrets and the Talk message", () => {
  const text = JSON.stringify(alertmanagerConfig(on));

  test("come by files of Alertmanager's own credentials", () => {
    const files = [
      "HOME_ASSISTANT_WEBHOOK_URL",
      "NEXTCLOUD_TALK_WEBHOOK_URL",
      "NEXTCLOUD_TALK_APP_PASSWORD",
      "HEARTBEAT_URL",
    ];
    for (const name of files) expect(text).toContain(`/run/credentials/alertmanager.service/MONITORING_${name}`);
    expect(text).not.toContain("://");
  });

  test("post to Talk as the account that is named, with the header that Nextcloud asks for", () => {
    expect(text).toContain('"username":"alertbot"');
    expect(text).toContain('"OCS-APIRequest":{"values":["true"]}');
  });

  test("begin in bold, or Alertmanager would send an object instead of a text", () => {
    // a template that is only defined gives no text
    expect(talkMessage.replace(/^\{\{ define .*?\{\{ end \}\}\{\{ end \}\}(?=\*)/s, "")).toMatch(/^\*\*\{\{ \.Status/);
  });

  test("hold no dollar sign, which NixOS would expand", () => {
    expect(text).not.toContain("$");
  });
});
