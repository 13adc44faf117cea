import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { rotations, secretKeyConsent } from "../../../plan/secrets";
import { clusterConfig, loadStackConfig, parseStack, readStack, valuesFromEngine } from "../../../stacks/config";
import { ConfigError } from "../../../stacks/problems";

const good = {
  domain: "example.net",
  allocations: { server: { monitoringPrimaryHost: "nixmon" } },
  lan: ["10.0.0.0/16"],
  hosts: { nixmon: { address: "10.0.0.2", ssh: { hostKey: "ssh-ed25519 AAAA" } } },
};

const pve = { endpoint: "https://pve.example.net:8006" };

function mistakes(change: Record<string, unknown>): string[] {
  try {
    parseStack("test", { ...good, ...change });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").slice(1);
    throw error;
  }
  return [];
}

/** As the engine hands values to a program: one text per key, objects as JSON. */
const asEngine = (values: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `nixmon:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

const host = (more: Record<string, unknown>) => ({ hosts: { nixmon: { ...good.hosts.nixmon, ...more } } });

describe("a stack's configuration", () => {
  test("is accepted when it is right", () => {
    expect(mistakes({})).toEqual([]);
  });

  test("names the key that may have been meant, and secrets among those that are known", () => {
    const [message = ""] = mistakes({ proxmoxApiTokn: "x" });
    expect(message).toMatch(
      /^ {2}nixmon:proxmoxApiTokn: got an unknown key, want one of program, .*, proxmoxApiToken, .*; did you mean proxmoxApiToken\?$/,
    );
    expect(mistakes({ hosts: { nixmon: { ...good.hosts.nixmon, adress: "x" } } })[0]).toMatch(
      /scrapes; did you mean address\?$/,
    );
    expect(mistakes({ hosts: { nixmon: { ...good.hosts.nixmon, nonsense: "x" } } })[0]).toMatch(/scrapes$/);
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      "an unknown key",
      { domian: "x" },
      "  nixmon:domian: got an unknown key, want one of program, domain, allocations",
    ],
    [
      "an unknown key of a host",
      host({ adress: "10.0.0.3" }),
      "  nixmon:hosts.nixmon.adress: got an unknown key, want one of address, machine, ssh",
    ],
    ["a value of the wrong type", { domain: 5 }, "  nixmon:domain: got 5, want a domain name such as example.net"],
    ["no domain", { domain: undefined }, "  nixmon:domain: got nothing, want a domain name such as example.net"],
    [
      "a bad address",
      host({ address: "10.0.0" }),
      '  nixmon:hosts.nixmon.address: got "10.0.0", want an IPv4 or IPv6 address',
    ],
    [
      "a limit that leaves no time",
      host({ limits: { confirm: 5 } }),
      "  nixmon:hosts.nixmon.limits.confirm: got 5, want seconds, a whole number from 10 to 3600",
    ],
    [
      "a bad port",
      host({ ssh: { port: 70000 } }),
      "  nixmon:hosts.nixmon.ssh.port: got 70000, want a port, 1 to 65535",
    ],
    [
      "a bad duration",
      { monitoring: { retention: { metrics: "90x" } } },
      '  nixmon:monitoring.retention.metrics: got "90x", want a duration such as 90d, 12h or 1h30m (units y, w, d, h, m, s, ms, largest first)',
    ],
    [
      "a duration whose units are in no order",
      { monitoring: { alerts: { HostDown: { for: "1h1d" } } } },
      '  nixmon:monitoring.alerts.HostDown.for: got "1h1d", want a duration such as 90d, 12h or 1h30m',
    ],
    [
      "an upstream of no known form",
      host({ virtualHosts: { "a.example.net": { upstream: "app_server:80" } } }),
      '  nixmon:hosts.nixmon.virtualHosts.a.example.net.upstream: got "app_server:80", want host:port',
    ],
    [
      "a database that SQL would need quotes for",
      host({ postgresDatabases: ["app", "my app"] }),
      '  nixmon:hosts.nixmon.postgresDatabases[1]: got "my app", want a name of letters, digits, _, - and ., at most 63',
    ],
    [
      "a Redis instance that no unit can be named by",
      host({ redisInstances: { "my/cache": { port: 6379 } } }),
      '  nixmon:hosts.nixmon.redisInstances.my/cache: got "my/cache", want a name of letters, digits, _, - and ., at most 25',
    ],
    ["a bad range", { lan: ["10.0.0.0/99"] }, '  nixmon:lan[0]: got "10.0.0.0/99", want a range such as 10.0.0.0/16'],
    [
      "a scrape's token with a blank in its name",
      host({ scrapes: [{ job: "app", port: 1, bearerTokenSecret: "a b" }] }),
      '  nixmon:hosts.nixmon.scrapes[0].bearerTokenSecret: got "a b", want a name of letters, digits, - and _',
    ],
    [
      "a machine of no known type",
      host({ machine: { type: "cloud" } }),
      '  nixmon:hosts.nixmon.machine.type: got "cloud", want an object whose `type` is vm, lxc or existing',
    ],
    [
      "a machine that is no object",
      host({ machine: "vm" }),
      '  nixmon:hosts.nixmon.machine: got "vm", want an object whose `type` is vm, lxc or existing',
    ],
    [
      "a machine without a type",
      host({ machine: { template: 9000 } }),
      "  nixmon:hosts.nixmon.machine.type: got nothing, want an object whose `type` is vm, lxc or existing",
    ],
    [
      "a machine's size without unit",
      host({ machine: { type: "vm", template: 9000, memory: "2048" } }),
      '  nixmon:hosts.nixmon.machine.memory: got "2048", want a size such as 512MiB, 2GiB or 1TiB',
    ],
    [
      "a machine to make and no API to make it",
      host({ machine: { type: "vm", template: 9000 } }),
      "  nixmon:hosts.nixmon.machine.type: got vm, and no nixmon:proxmox, want nixmon:proxmox.endpoint, the API that makes the machine, or type existing",
    ],
    [
      "a realm that Proxmox can not have",
      { proxmox: { ...pve, realm: "a b" } },
      '  nixmon:proxmox.realm: got "a b", want a realm of Proxmox VE such as pve',
    ],
    [
      "a flake that sees nothing of what is pushed",
      host({ activation: { flake: "/etc/nixos#nixmon" } }),
      '  nixmon:hosts.nixmon.activation: got {"flake":"/etc/nixos#nixmon"}, want beside `flake` either `impure: true` or `overrideInput`, and these two with `flake` only',
    ],
    [
      "two primaries",
      { allocations: { server: { monitoringPrimaryHost: ["a", "b"] } } },
      '  nixmon:allocations.server.monitoringPrimaryHost: got ["a","b"], want the name of the host that runs the collectors',
    ],
    [
      "a host name that DNS does not know",
      { hosts: { Nix_Mon: good.hosts.nixmon } },
      '  nixmon:hosts.Nix_Mon: got "Nix_Mon", want a host name of lower-case letters, digits and -',
    ],
    [
      "a rotation of what is no secret of ours",
      { rotation: { grafanaOauth: 2 } },
      "  nixmon:rotation.grafanaOauth: got an unknown key, want one of grafanaSecretKey, grafanaLosesStoredSecrets, grafanaOAuth",
    ],
    [
      "a new secret key of Grafana without the consent to lose what the old one encrypted",
      { rotation: { grafanaSecretKey: 2 } },
      "  nixmon:rotation.grafanaSecretKey: got 2, and nothing as rotation.grafanaLosesStoredSecrets, want both the same, or neither",
    ],
    [
      "a new secret key of Grafana with the consent to an earlier one",
      { rotation: { grafanaSecretKey: 3, grafanaLosesStoredSecrets: 2 } },
      "  nixmon:rotation.grafanaSecretKey: got 3, and 2 as rotation.grafanaLosesStoredSecrets, want both the same",
    ],
    [
      "a fleet without a primary",
      { program: "fleet" },
      "  nixmon:primaryAddress: got nothing, want the address of the primary, because program is fleet",
    ],
  ])("with %s is refused by one line that names key, finding and remedy", (_, change, line) => {
    const found = mistakes(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(line);
  });

  test("takes a machine to make where there is an API; control for the one without", () => {
    for (const machine of [
      { type: "vm", template: 9000 },
      { type: "lxc", template: "local:vztmpl/nixos.tar.xz" },
    ])
      expect(mistakes({ proxmox: pve, ...host({ machine }) })).toEqual([]);
  });

  test("takes a rotation of each secret that the program makes, Grafana's secret key with a consent", () => {
    const numbers = Object.fromEntries([...Object.keys(rotations), secretKeyConsent].map((name) => [name, 2]));
    expect(mistakes({ rotation: numbers })).toEqual([]);
  });

  test("takes what the plan takes: hosts whose name begins with a digit, the Redis instance without a name", () => {
    const three = {
      ...good.hosts.nixmon,
      address: "10.0.0.3",
      redisInstances: { "": { port: 6379 }, b_2: { port: 6380 } },
    };
    expect(mistakes({ hosts: { ...good.hosts, "3d-printer": three } })).toEqual([]);
  });

  test("tells all mistakes at once", () => {
    expect(mistakes({ domain: "x", lan: [], ...host({ address: "?" }) })).toHaveLength(3);
  });

  test("says that nothing was changed", () => {
    expect(() => parseStack("test", {})).toThrow(
      'The configuration of stack "test" has 4 mistakes; nothing was changed:',
    );
  });

  test("is the same whether the engine or the file gives it", () => {
    expect(parseStack("test", valuesFromEngine("test", { ...asEngine(good), "other:key": "x" }))).toEqual(
      parseStack("test", good),
    );
  });

  test("leaves secrets to the engine", () => {
    const secrets = { proxmoxPassword: { secure: "v1:abc" }, scrapeTokens: { secure: "v1:abc" } };
    const values = parseStack("test", { ...good, ...secrets });
    expect(clusterConfig("test", values).givenSecrets).toEqual(["proxmoxPassword", "scrapeTokens"]);
  });

  test("has true and false, which the engine gives as texts", () => {
    expect(
      parseStack("test", valuesFromEngine("test", { "nixmon:collectorSites": "false", ...asEngine(good) })),
    ).toEqual(parseStack("test", { ...good, collectorSites: false }));
  });

  test("does not look into a secret, which may begin like JSON", () => {
    expect(valuesFromEngine("test", { "nixmon:proxmoxPassword": "{secret" })).toEqual({ proxmoxPassword: "{secret" });
  });

  test("with an object that is no JSON is refused by its key, as the engine gives it", () => {
    const wrong = { ...asEngine(good), "nixmon:lan": "[10.0.0.0/16", "nixmon:hosts": '{ "a" }' };
    const told = "got a text that begins like a list or an object and is no JSON, want the list or object as YAML";
    expect(() => valuesFromEngine("test", wrong)).toThrow(
      new RegExp(`stack "test" has 2 mistakes.*\n  nixmon:lan: ${told}.*\n  nixmon:hosts: ${told}`),
    );
  });

  test("that is no YAML is refused by file, line and key", () => {
    const twice = "config:\n  nixmon:hosts:\n    web: { address: 10.0.0.3 }\n    web: { address: 10.0.0.4 }\n";
    const read = (text: string) => () => readStack("test", () => text);
    expect(read(twice)).toThrow(ConfigError);
    expect(read(twice)).toThrow(
      "Pulumi.test.yaml, line 4: got duplicated mapping key at `web: { address: 10.0.0.4 }`, want each key once",
    );
    expect(read("config: a: b")).toThrow(
      "Pulumi.test.yaml, line 1: got bad indentation of a mapping entry at `config: a: b`",
    );
    expect(read("config:\n  a: [b\n\n")).toThrow(
      "Pulumi.test.yaml, line 2: got deficient indentation at `a: [b`, want YAML",
    );
    // control: nothing in it is YAML, and lacks what every stack has
    expect(read("# nothing yet")).toThrow("nixmon:domain: got nothing, want a domain name");
  });

  test("of a stack without file is refused by name", () => {
    expect(() => readStack("nope", () => undefined)).toThrow("Pulumi.nope.yaml: got no such file");
  });
});

describe("the stacks in this repository", () => {
  const root = resolve(__dirname, "../../..");
  test.each(["sandbox", "fleet", "nixmon"])("%s is valid", (stack) => {
    const config = loadStackConfig(stack, (name) => {
      const path = resolve(root, name);
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    });
    expect(config.hosts.length).toBeGreaterThan(0);
  });
});

test("the plan learns of the Proxmox API its host, port and whether to verify TLS", () => {
  const values = parseStack("test", { ...good, proxmox: { endpoint: "https://pve.example.net:8006" } });
  expect(clusterConfig("test", values).proxmox).toEqual({ host: "pve.example.net", port: 8006, verifyTls: true });
});
