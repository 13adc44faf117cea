import type { Alert } from "./alertmanager";
import { talkLimit } from "./services";
import { alert, openStage, type Stage } from "./stage";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage?.end());

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
    await stage.manager.fire(one);
    const [webhook] = await stage.until(
      () => stage.webhooks(host),
      (seen) => seen.length > 0,
    );
    expect(webhook?.alerts).toMatchObject([one]);
    const message = `**FIRING ${host}**\n- ${text} (Odd, critical)\n  ${text} again`;
    await stage.until(
      () => stage.services.told.talk,
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
    await stage.manager.fire(...many);
    const [text = ""] = await stage.until(
      () => stage.talked("flood"),
      (seen) => seen.length > 0,
    );
    expect(text).toMatch(
      /^\*\*FIRING flood\*\* 60 alerts, the first 20:\n- ü{200} \(Flood\d+, critical\)\n {2}ü{700}\n {2}ü{300}\n- /,
    );
    expect(text.match(/\n- /g)).toHaveLength(20);
    expect([...text].length).toBeLessThan(talkLimit);
    const [webhook] = await stage.until(
      () => stage.webhooks("flood"),
      (seen) => seen.length > 0,
    );
    expect(webhook?.alerts).toHaveLength(60);
  });
});

test("nothing of all this was refused or came to nothing", () => {
  expect(stage.services.lost).toEqual([]);
});
