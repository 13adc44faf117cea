import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { HostData } from "../../../plan/types";
import { readLevels } from "../../../policy/levels";
import { exposureProblems, hostKeyProblem, plainSecrets, protectionProblem } from "../../../policy/rules";
import { loadStackConfig } from "../../../stacks/config";
import { planStack } from "../../../stacks/plan";

const root = resolve(__dirname, "../../..");
const key = `ssh-ed25519 ${"A".repeat(68)}`;

describe("pinned-host-key", () => {
  test.each([
    ["no key", undefined],
    ["an empty key", ""],
    ["a word", "accept-new"],
    ["a fingerprint", "SHA256:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"],
  ])("refuses %s", (_, hostKey) => {
    expect(hostKeyProblem("web", hostKey)).toMatch(/^web: the connection pins no host key .*ssh\.hostKey/);
  });

  test("control: a public key is pinned", () => {
    expect(hostKeyProblem("web", key)).toBeUndefined();
  });
});

describe("protected-primary", () => {
  test.each([
    [false, false, "the engine and Proxmox"],
    [true, false, "Proxmox"],
    [false, true, "the engine"],
  ])("refuses protect %s with protection %s", (protect, protection, where) => {
    expect(protectionProblem("nixmon", protect, protection)).toContain(`is not protected in ${where}:`);
  });

  test("control: protected in both", () => {
    expect(protectionProblem("nixmon", true, true)).toBeUndefined();
  });
});

const data = {
  host: "nixio",
  lan: ["10.0.0.0/16"],
  addresses: { monitoringPrimary: "10.0.0.2", ioPrimary: "10.0.0.3" },
  virtualHosts: {},
};
const site = (upstream: string, access: "public" | "lan" = "public") => ({
  virtualHosts: { "x.example.net": { upstream, access } },
});

describe("closed-exporters", () => {
  test.each<[string, Partial<typeof data>, RegExp]>([
    ["everybody as LAN", { lan: ["0.0.0.0/0"] }, /0\.0\.0\.0\/0, which is everybody/],
    ["all of IPv6 as LAN", { lan: ["::/0"] }, /which is everybody/],
    ["half the internet as LAN", { lan: ["128.0.0.0/1"] }, /public addresses, more than a \/24/],
    ["a public /16 as LAN", { lan: ["10.0.0.0/16", "203.0.0.0/16"] }, /203\.0\.0\.0\/16, public/],
    ["more than the private range", { lan: ["10.0.0.0/7"] }, /10\.0\.0\.0\/7, public/],
    ["a provider's IPv6 as LAN", { lan: ["2001:db8::/32"] }, /wider than a site's \/48/],
    ["everybody as primary", { addresses: { ...data.addresses, monitoringPrimary: "0.0.0.0" } }, /is everybody/],
    ["a public Prometheus", site("10.0.0.2:9090"), /x\.example\.net is public and leads to prometheus/],
    ["a public Loki on the loopback", site("127.0.0.1:3100"), /leads to loki/],
    ["a public Alertmanager", site("10.0.0.2:9093"), /leads to alertmanager/],
    ["a public node exporter", site("10.0.0.7:9100"), /leads to node \(10\.0\.0\.7:9100\).*access to lan/],
  ])("refuses %s", (_, change, words) => {
    const found = exposureProblems({ ...data, ...change } as HostData);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
    expect(found[0]).toMatch(/^nixio: /);
  });

  test.each<[string, Partial<typeof data>]>([
    ["private ranges", { lan: ["10.0.0.0/8", "192.168.1.0/24", "172.16.0.0/12", "100.64.0.0/10", "fd00::/8"] }],
    ["a small public range", { lan: ["203.0.113.0/24", "2001:db8:1::/48"] }],
    ["a public Grafana", site("10.0.0.2:3000")],
    ["Prometheus for the LAN", site("10.0.0.2:9090", "lan")],
    ["another program on Prometheus' port", site("10.0.0.9:9090")],
  ])("control: %s", (_, change) => {
    expect(exposureProblems({ ...data, ...change } as HostData)).toEqual([]);
  });
});

describe("no-plain-secrets", () => {
  const random = "aB3".repeat(16);
  test.each<[string, unknown, string]>([
    ["a password by its name", { smtp: { password: "hunter2" } }, "smtp.password holds a value named password"],
    ["a token by its name", { a: [{ apiToken: "abc" }] }, "a[0].apiToken holds a value named apiToken"],
    ["an upper-case secret with a dollar", { client_secret: "ABC$" }, "client_secret"],
    ["a private key", { note: "-----BEGIN OPENSSH PRIVATE KEY-----\nx" }, "a private key"],
    ["a Proxmox token", { x: "monitoring@pve!prometheus=0c1f3e2a-1111-2222-3333-444455556666" }, "a Proxmox API token"],
    ["a password in a URL", { upstream: "https://user:pass@example.net/" }, "a URL with a password"],
    ["a webhook id", { url: "https://ha.example.net/api/webhook/abcdef123" }, "a Home Assistant webhook"],
    ["a ping URL", { url: "https://hc-ping.com/0c1f3e2a-1111-2222-3333-444455556666" }, "a ping URL"],
    ["a bearer token", { args: ["Authorization: Bearer abcdefghijklmnop"] }, "a bearer token"],
    ["a random text of ours", { anything: random }, "a random text"],
  ])("refuses %s, without showing it", (_, more, where) => {
    const found = plainSecrets({ host: "nixmon", ...(more as object) });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(where);
    for (const value of ["hunter2", "pass@", random, "abcdefghijklmnop", "0c1f3e2a"])
      expect(found[0]).not.toContain(value);
  });

  test.each<[string, unknown]>([
    ["a file that Grafana reads", { client_secret: "$__file{/run/credentials/grafana.service/X}" }],
    ["a path", { password_file: "/x", password: "/run/credentials/x" }],
    ["the name of a secret", { bearerTokenSecret: "APP", secret: "MONITORING/GRAFANA/SECRET_KEY" }],
    ["a switch", { use_refresh_token: true }],
    ["an empty value", { password: "" }],
    ["a public key", { hostKey: key }],
  ])("control: %s", (_, more) => {
    expect(plainSecrets({ host: "nixmon", ...(more as object) })).toEqual([]);
  });

  test.each(["sandbox", "fleet", "nixmon"])("control: no host of stack %s is told anything of that kind", (stack) => {
    const readFile = (name: string) =>
      existsSync(resolve(root, name)) ? readFileSync(resolve(root, name), "utf8") : undefined;
    const { hosts } = planStack(stack, loadStackConfig(stack, readFile));
    expect(Object.keys(hosts).length).toBeGreaterThan(0);
    for (const host of Object.values(hosts)) expect([plainSecrets(host), exposureProblems(host)]).toEqual([[], []]);
  });
});

describe("levels", () => {
  test("are mandatory unless the stack's file says otherwise", () => {
    const levels = { "pinned-host-key": "mandatory", "closed-exporters": "mandatory", "no-plain-secrets": "mandatory" };
    expect(readLevels("f", undefined)).toEqual({ ...levels, "protected-primary": "mandatory" });
    expect(readLevels("f", '{ "protected-primary": "advisory" }')).toEqual({
      ...levels,
      "protected-primary": "advisory",
    });
  });

  test("with a mistake are refused by name", () => {
    expect(() => readLevels("policy/x.json", '{ "pinned": "disabled" }')).toThrow(
      "policy/x.json: got the rule pinned, want one of pinned-host-key, ",
    );
    expect(() => readLevels("policy/x.json", '{ "no-plain-secrets": "off" }')).toThrow('got "off", want mandatory');
  });
});
