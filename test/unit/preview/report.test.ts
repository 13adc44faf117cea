import { compare } from "../../../cli/preview/compare";
import type { Description } from "../../../cli/preview/describe";
import { commentLimit, fitting } from "../../../cli/preview/fit";
import { hostsOfState, type KnownHost } from "../../../cli/preview/fromState";
import { guard } from "../../../cli/preview/guard";
import { markdown, type Report } from "../../../cli/preview/markdown";
import { planCluster } from "../../../plan/plan";
import type { ClusterConfig } from "../../../plan/types";
import { readLevels } from "../../../policy/levels";
import { cluster, content, host, withHost } from "../plan/fixture";

const existing = { type: "existing" } as const;
const hostsOf = (config: ClusterConfig, machine: KnownHost["machine"] = existing): Record<string, KnownHost> =>
  Object.fromEntries(
    Object.entries(planCluster(config, content).hosts).map(([name, data]) => [name, { machine, data }]),
  );
const before = hostsOf(cluster());
/** `kind sign name` of every change of a host. */
const changes = (config: ClusterConfig, name: string) =>
  compare(before, hostsOf(config))
    .find((one) => one.host === name)
    ?.changes.map(
      (one) => `${one.kind} ${one.before === undefined ? "+" : one.after === undefined ? "-" : "~"} ${one.name}`,
    );

test("without a change every host is the same", () => {
  expect(compare(before, hostsOf(cluster())).map(({ state, changes: none }) => [state, none])).toEqual(
    Array(4).fill(["same", []]),
  );
});

test("an exporter more is a job on its host, and nothing anywhere else", () => {
  const config = withHost("nixserv", { scrapes: [{ job: "app", port: 8080, path: "/metrics", scheme: "http" }] });
  expect(changes(config, "nixserv")).toEqual(["job + app"]);
  expect(compare(before, hostsOf(config)).filter(({ state }) => state !== "same")).toHaveLength(1);
});

test("an override of an alert is a rule on the primary", () => {
  const config = cluster({ monitoring: { alerts: { HighCPUUsage: { thresholds: { percent: 95 } } } } });
  const [rule, ...more] = compare(before, hostsOf(config)).flatMap((one) => one.changes);
  expect(more).toEqual([]);
  expect(rule).toMatchObject({ kind: "rule", name: "HighCPUUsage (host.yaml, host)" });
  expect(rule?.before).toContain("cpu_percent > 90");
  expect(rule?.after).toContain("cpu_percent > 95");
});

test("another way out is a route, and its secret is shown by name", () => {
  const talk = { enable: true, url: "https://cloud.example.net", room: "abc", user: "bot" };
  const found = changes(cluster({ monitoring: { collector: { alerting: { nextcloudTalk: talk } } } }), "nixmon") ?? [];
  expect(found.filter((line) => line.startsWith("secret"))).toEqual([
    "secret + MONITORING/NEXTCLOUD_TALK/WEBHOOK_URL",
    "secret + MONITORING/NEXTCLOUD_TALK/APP_PASSWORD",
  ]);
  expect(found.some((line) => line.startsWith("route + receiver "))).toBe(true);
});

test("a site is a site on the IO primary", () => {
  const virtualHosts = { "app.example.net": { upstream: "10.0.0.14:80", access: "lan" } } as const;
  expect(changes(withHost("nixserv", { virtualHosts }), "nixio")).toEqual(["site + app.example.net"]);
});

test("a larger machine is shown by what grows; an unknown machine is no change", () => {
  const vm = (cores: number) => ({ type: "vm", cores }) as unknown as KnownHost["machine"];
  const grown = compare(hostsOf(cluster(), vm(2)), hostsOf(cluster(), vm(4)));
  expect(grown[0]?.changes).toEqual([{ kind: "machine", name: "cores", before: "2", after: "4" }]);
  const unknown = Object.fromEntries(
    Object.entries(before).map(([name, one]) => [name, { ...one, machine: undefined }]),
  );
  expect(compare(unknown, before).every(({ state }) => state === "same")).toBe(true);
});

test("hosts come and go", () => {
  const config = cluster({ hosts: [...cluster().hosts.slice(0, 3), host("fresh", "10.0.0.20")] });
  expect(compare(before, hostsOf(config)).map((one) => `${one.host} ${one.state}`)).toEqual([
    "fresh new",
    "nixcloud same",
    "nixio same",
    "nixmon same",
    "nixserv gone",
  ]);
});

test("each way in which host data can differ is a change", () => {
  const data = before.nixmon?.data;
  if (data === undefined) throw new Error("no primary in the fixture");
  for (const key of Object.keys(data)) {
    const other = { ...before, nixmon: { machine: existing, data: { ...data, [key]: null } as typeof data } };
    if (data[key as keyof typeof data] === null || ["targets", "virtualHosts", "secrets", "scrapes"].includes(key))
      continue;
    expect([key, compare(before, other).some(({ state }) => state === "changed")]).toEqual([key, true]);
  }
});

test("a state gives back what its hosts were deployed with", () => {
  const machines = { nixmon: existing, nixio: existing, nixcloud: existing, nixserv: existing };
  const commands = Object.entries(before).map(([name, { data }]) => ({
    type: "command:local:Command",
    inputs: { create: "node cli/push.js apply", stdin: JSON.stringify({ name, data }) },
  }));
  const secrets = {
    type: "command:local:Command",
    inputs: { create: "sh cli/push.sh secrets", stdin: { "4dab": "x" } },
  };
  const stack = { type: "pulumi:pulumi:Stack", outputs: { machines } };
  const exported = { deployment: { resources: [stack, secrets, ...commands] } };
  expect(hostsOfState(JSON.stringify(exported))).toEqual(before);
  expect(hostsOfState('{ "deployment": {} }')).toEqual({});
  expect(() => hostsOfState("{}")).toThrow("no `pulumi stack export`");
});

describe("the policies of a preview", () => {
  const described = (change: Partial<Description["hosts"][string]>, stack = cluster()): Description => ({
    stack: "test",
    primary: "nixmon",
    warnings: [],
    hosts: Object.fromEntries(
      Object.entries(planCluster(stack, content).hosts).map(([name, data]) => [
        name,
        { machine: existing, hostKey: `ssh-ed25519 ${"A".repeat(68)}`, data, ...(name === "nixmon" ? change : {}) },
      ]),
    ),
  });
  const asked = (description: Description, levels?: string) =>
    guard(description, readLevels("f", levels)).map(({ policy, level }) => `${policy} ${level}`);
  const vm = (protect?: boolean) => ({
    machine: { type: "vm", protect } as unknown as Description["hosts"][string]["machine"],
  });

  test("say nothing of a good plan", () => {
    expect(asked(described({}))).toEqual([]);
    expect(asked(described({ ...vm(), hostKey: undefined }))).toEqual([]);
  });

  test("refuse each danger by its rule", () => {
    expect(asked(described({ hostKey: undefined }))).toEqual(["pinned-host-key mandatory"]);
    expect(asked(described(vm(false)))).toEqual(["protected-primary mandatory"]);
    expect(asked(described({}, cluster({ lan: ["0.0.0.0/0"] })))).toEqual(Array(4).fill("closed-exporters mandatory"));
    const probed = { scrapes: [{ job: "a", port: 1, path: "/api/webhook/abcdef1", scheme: "http" as const }] };
    expect(new Set(asked(described({}, withHost("nixserv", probed))))).toEqual(new Set(["no-plain-secrets mandatory"]));
  });

  test("follow the stack's levels", () => {
    expect(asked(described(vm(false)), '{ "protected-primary": "advisory" }')).toEqual(["protected-primary advisory"]);
    expect(asked(described(vm(false)), '{ "protected-primary": "disabled" }')).toEqual([]);
  });
});

describe("the comment", () => {
  const report = (more: Partial<Report>): Report => ({
    stack: "home",
    against: "main (0123456789)",
    hosts: compare(before, before),
    violations: [],
    warnings: [],
    ...more,
  });

  test("of no change is one sentence", () => {
    expect(markdown(report({}))).toBe(
      "### nixmon preview: stack `home`\n\nCompared with main (0123456789).\n\nNo host changes (4 looked at).\n",
    );
  });

  test("has a table of counts and the details as a diff", () => {
    const grown = withHost("nixserv", { scrapes: [{ job: "app", port: 8080, path: "/m", scheme: "http" }] });
    expect(markdown(report({ hosts: compare(before, hostsOf(grown)) }))).toBe(
      [
        "### nixmon preview: stack `home`",
        "",
        "Compared with main (0123456789).",
        "",
        "| host |  | jobs |",
        "| --- | --- | --- |",
        "| `nixserv` | changed | +1 |",
        "",
        "3 other hosts unchanged.",
        "",
        "<details><summary><code>nixserv</code> (changed)</summary>",
        "",
        "```diff",
        "  jobs",
        "+ app: http://10.0.0.14:8080/m",
        "```",
        "",
        "</details>",
        "",
      ].join("\n"),
    );
  });

  test("takes nothing of the configuration for its own markup", () => {
    const text = markdown(
      report({
        violations: [{ policy: "closed-exporters", level: "mandatory", message: "<img src=x> @team *x* `y`" }],
      }),
    );
    expect(text).toContain("- **refused** (`closed-exporters`): &#60;img src=x&#62; &#64;team \\*x\\* \\`y\\`");
    const change = { kind: "setting", name: "a", after: "```\n</details>" } as const;
    const fenced = markdown(report({ hosts: [{ host: "x", state: "changed", changes: [change] }] }));
    expect(fenced).toContain("\n````diff\n");
  });

  const many = Array.from(
    { length: 2000 },
    (_, n) => ({ kind: "setting", name: `s${n}`, after: `\`\`\` ${"x".repeat(200)}` }) as const,
  );
  const large = markdown(
    report({
      hosts: ["a", "b"].map((name) => ({ host: name, state: "changed", changes: many }) as const),
    }),
  );
  const marks = (text: string) => (text.match(/^````/gm) ?? []).length;
  const tags = (text: string) => [text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length];

  test("fits into a comment, whatever changes: cut after a line, with everything closed, and says so", () => {
    const text = fitting(large);
    expect(text.length).toBeLessThanOrEqual(commentLimit);
    expect(text.length).toBeGreaterThan(commentLimit - 300);
    expect(marks(text)).toBe(2);
    expect(tags(text)).toEqual([1, 1]);
    const end = "\n````\n\n</details>\n\n_The rest is too long for a comment: `make preview` shows it._\n";
    expect(text.endsWith(end)).toBe(true);
    expect(large.startsWith(`${text.slice(0, -end.length)}\n`)).toBe(true);
  });

  test("is closed wherever it is cut; control: the head of it alone is not", () => {
    for (let most = 300; most < 3000; most += 37) {
      const text = fitting(large, most);
      expect(text.length).toBeLessThanOrEqual(most);
      expect(marks(text) % 2).toBe(0);
      const [opened, closed] = tags(text);
      expect(opened).toBe(closed);
    }
    expect(marks(large.slice(0, 3000)) % 2).toBe(1);
  });

  test("of a wrong configuration is cut in the same way; one that fits is left alone", () => {
    const wrong = `### x\n\n~~~~text\n${"a line\n".repeat(100)}~~~~\n`;
    expect(fitting(wrong, 300)).toMatch(/a line\n~~~~\n\n_The rest/);
    expect(fitting(wrong)).toBe(wrong);
  });
});
