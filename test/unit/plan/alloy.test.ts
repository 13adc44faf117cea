import fc from "fast-check";
import { alloyConfig, alloyString, lokiPushUrl } from "../../../plan/alloy";
import { planCluster } from "../../../plan/plan";
import { cluster, content } from "./fixture";

const context = { host: "nixio", cluster: "test", primaryAddress: "10.0.0.11", caddy: false };

describe("config.alloy", () => {
  test("ships the journal to the primary's Loki with the host's name", () => {
    const text = alloyConfig(context);
    expect(text).toContain('url                 = "http://10.0.0.11:3100/loki/api/v1/push"');
    expect(text).toContain('external_labels = { host = "nixio", cluster = "test" }');
    expect(text).toContain('loki.source.journal "journal"');
    expect(text).not.toContain("caddy");
  });

  test("goes on trying while Loki is away, and pauses 30 s at most", () => {
    // a number of retries would make shorter, with the pause, what outage is survived
    expect(alloyConfig(context)).toMatch(/max_backoff_retries = 0\n +max_backoff_period += "30s"\n/);
  });

  test("ships Caddy's access logs on the host that serves sites, and only there", () => {
    const { hosts } = planCluster(cluster(), content);
    expect(hosts.nixio?.alloy).toContain("/var/log/caddy/*.log");
    expect(hosts.nixcloud?.alloy).not.toContain("/var/log/caddy");
  });

  test("puts an IPv6 address into brackets", () => {
    expect(lokiPushUrl("fd00::1")).toBe("http://[fd00::1]:3100/loki/api/v1/push");
  });
});

describe("strings of Alloy's language", () => {
  test.each([
    ["plain", '"plain"'],
    ['a "quoted" word', '"a \\"quoted\\" word"'],
    ["two\nlines\tand \\", '"two\\nlines\\tand \\\\"'],
    ["{{ .x }} $y ${z} `", '"{{ .x }} $y ${z} `"'],
    ["ü 🙂", '"ü 🙂"'],
    ["\u0000\ufeff", '"\\u0000\\ufeff"'],
    ["\ud800!", '"\ufffd!"'],
  ])("%j is written as %s", (text, expected) => {
    expect(alloyString(text)).toBe(expected);
  });

  test("hold any text on one line, and give it back", () => {
    // Go's escapes and JSON's agree on everything that is written here, so JSON can read it back
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const written = alloyString(text);
        return (
          JSON.parse(written) === text &&
          !["\n", "\r", "\u0000", "\ufeff"].some((raw) => written.includes(raw)) &&
          !/\\[^"\\bfnrtu]/.test(written.replaceAll("\\\\", ""))
        );
      }),
      { numRuns: 3000 },
    );
  });
});
