import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CORE_SCHEMA, defineScalarTag, load } from "js-yaml";

const example = resolve(__dirname, "../../examples/home-assistant/nixmon.yaml");

interface Automation {
  triggers: Record<string, unknown>[];
  actions: unknown[];
}

const secret = defineScalarTag("!secret", { resolve: (name: string) => ({ secret: name }), identify: () => false });

function automation(): Automation {
  const schema = CORE_SCHEMA.withTags(secret);
  const { automation: all } = load(readFileSync(example, "utf8"), { schema }) as { automation: Automation[] };
  const [first] = all;
  if (first === undefined || all.length !== 1) throw new Error(`${example}: want one automation, got ${all.length}`);
  return first;
}

interface Notification {
  action: string;
  data: { title: unknown; message: unknown; data: Record<string, unknown> };
}

/** The first Python that has Jinja2: Debian's package is for Debian's Python. */
function python(): string {
  const has = (name: string) => spawnSync(name, ["-c", "import jinja2"]).status === 0;
  const found = ["/usr/bin/python3", "python3"].find(has);
  if (found === undefined) throw new Error("python3 with jinja2: not found; install Debian's python3-jinja2");
  return found;
}

/** What the automation would do with one call of the webhook; see automation.py for how far that is Home Assistant. */
function notifications(alerts: unknown[], actions = automation().actions): Notification[] {
  const input = JSON.stringify({ actions, json: { status: "firing", commonLabels: {}, alerts } });
  const ended = spawnSync(python(), [resolve(__dirname, "automation.py")], { input, encoding: "utf8" });
  if (ended.status !== 0) throw new Error(`automation.py: ${ended.error ?? ended.stderr}`);
  return JSON.parse(ended.stdout) as Notification[];
}

const firing = {
  status: "firing",
  fingerprint: "f1",
  labels: { alertname: "ServiceDown", host: "nixio", severity: "critical" },
  annotations: {
    summary: "caddy does not answer",
    description: "No metrics.",
    runbook_url: "https://docs.example.net/x",
  },
};

test("the example listens to the webhook whose id is a secret, for POST, from the own network", () => {
  expect(automation().triggers).toEqual([
    {
      trigger: "webhook",
      webhook_id: { secret: "nixmon_webhook_id" },
      allowed_methods: ["POST"],
      local_only: true,
    },
  ]);
});

test("each alert of a call is told by itself, with its own name, though they share no name", () => {
  const over = {
    ...firing,
    status: "resolved",
    fingerprint: "f2",
    labels: { ...firing.labels, alertname: "HighLoad" },
  };
  const told = notifications([firing, over]);
  expect(told.map(({ data }) => [data.title, data.message, data.data])).toEqual([
    [
      "Critical: nixio",
      "ServiceDown: caddy does not answer\nNo metrics.",
      {
        tag: "nixmon-f1",
        group: "nixmon",
        url: "https://docs.example.net/x",
        push: { "interruption-level": "critical" },
        priority: "high",
        ttl: 0,
      },
    ],
    [
      "Over: nixio",
      "HighLoad: caddy does not answer\nNo metrics.",
      expect.objectContaining({ tag: "nixmon-f2", push: { "interruption-level": "active" } }),
    ],
  ]);
});

test.each(["42", "[1, 2]", "{{ states('x') }}", 'it\'s "quoted"', "Größe 🔥", "{'a': 1}", "a\nb", "None"])(
  "a summary `%s` is told as it is, as a text",
  (summary) => {
    const [told] = notifications([{ ...firing, annotations: { summary } }]);
    expect(told?.data.message).toBe(`ServiceDown: ${summary}`);
  },
);

test("an alert without host, severity and texts is told, too", () => {
  const bare = { status: "firing", fingerprint: "f", labels: { alertname: "Foreign" }, annotations: {} };
  expect(notifications([bare])[0]?.data).toMatchObject({ title: "Alert: the cluster", message: "Foreign: no summary" });
});

test("control: a message without a name before it would be no text any more", () => {
  const actions = [{ action: "notify.notify", data: { message: "{{ trigger.json.alerts[0].annotations.summary }}" } }];
  expect(notifications([{ ...firing, annotations: { summary: "42" } }], actions)[0]?.data.message).toBe(42);
});

test("control: a label that is not there and has no default is an error, not an empty text", () => {
  const actions = [{ action: "notify.notify", data: { message: "{{ trigger.json.alerts[0].labels.nothing }}" } }];
  expect(() => notifications([firing], actions)).toThrow("nothing");
});
