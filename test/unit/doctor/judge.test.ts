import type { CollectorFacts } from "../../../cli/doctor/collectorFacts";
import type { GateFinding, HostFacts } from "../../../cli/doctor/facts";
import { type Diagnosis, diagnose } from "../../../cli/doctor/judge/judge";
import { healthy, now, scrapeUrl, stack } from "./situation";

type Change = (facts: Record<string, HostFacts>, collector: CollectorFacts) => void;

function diagnosis(change: Change, situation = healthy()): Diagnosis {
  const collector = situation.facts.nixmon?.collector;
  if (collector === undefined) throw new Error("the fixture has no primary");
  change(situation.facts, collector);
  return diagnose(situation);
}

/** Findings that no other one explains, as `key: found`. */
function causes({ results }: Diagnosis): string[] {
  return results.flatMap(({ key, finding, explainedBy }) =>
    finding === undefined || explainedBy !== undefined ? [] : [`${key}: ${finding.found}`],
  );
}

function failing(...findings: GateFinding[]): (facts: HostFacts | undefined) => void {
  return (facts) => {
    if (facts?.gate) facts.gate.failing = findings;
  };
}

function down(collector: CollectorFacts, host: string, name?: string): void {
  for (const target of stack.scrapeTargets[host] ?? []) {
    if (name !== undefined && target.name !== name) continue;
    const active = collector.targets?.find((each) => each.scrapeUrl === scrapeUrl(target) && each.labels.host === host);
    if (active) Object.assign(active, { health: "down", lastError: "context deadline exceeded" });
  }
}

test("control: a healthy cluster has no findings and no notes", () => {
  const { results, notes } = diagnosis(() => undefined);
  expect(causes({ results, notes })).toEqual([]);
  expect(notes).toEqual([]);
  expect(results.length).toBeGreaterThan(40);
});

test.each<[string, Change, string[]]>([
  [
    "a host that is off is one finding, with all its targets down and its logs missing",
    (facts, collector) => {
      facts.nixio = { failure: { kind: "unreachable", message: "nixio: unreachable" } };
      down(collector, "nixio");
      collector.metrics.probe = (collector.metrics.probe ?? []).map((sample) => ({ ...sample, value: 0 }));
    },
    ["reach/nixio: nixio: unreachable"],
  ],
  [
    "a primary that is off takes Loki with it",
    (facts) => {
      facts.nixmon = { failure: { kind: "refused", message: "nixmon: refused" } };
      for (const host of ["nixio", "nixcloud"])
        Object.assign(facts[host] ?? {}, { log: { arrived: false, reachable: false, said: "curl: (7)" } });
    },
    ["reach/nixmon: nixmon: refused"],
  ],
  [
    "a unit that does not run is one finding, with its page, its readiness and its target",
    (facts, collector) => {
      failing(
        { kind: "unit", name: "prometheus-node-exporter.service", why: "failed, not active" },
        { kind: "metric", name: "node", why: "http://10.0.0.12:9100/metrics does not answer" },
      )(facts.nixio);
      down(collector, "nixio", "node");
    },
    ["unit/nixio/node: prometheus-node-exporter.service is failed"],
  ],
  [
    "a folder of ours that somebody removed is one finding, with the secrets that went with it",
    (facts) => {
      const nixmon = facts.nixmon;
      if (nixmon === undefined) return;
      Object.assign(nixmon, { changedFiles: ["files.sha256"], payloadGone: true });
      nixmon.secrets = nixmon.secrets?.map((one) => (one.where === "file" ? { ...one, digest: undefined } : one)) ?? [];
    },
    ["payload/nixmon: /var/lib/nixmon/current is not there"],
  ],
  [
    "a clock that is wrong by hours is one finding, with the logs that Loki then refuses",
    (facts) =>
      Object.assign(facts.nixio ?? {}, { clockAhead: -7500, log: { arrived: false, reachable: true, said: "" } }),
    ["clock/nixio: the host's clock is 2.1 h behind"],
  ],
  [
    "a clock that is ahead by less than an answer may take is well, by more is a finding",
    (facts) => {
      Object.assign(facts.nixio ?? {}, { clockAhead: 60 });
      Object.assign(facts.nixcloud ?? {}, { clockAhead: 61 });
    },
    ["clock/nixcloud: the host's clock is 1 min ahead"],
  ],
  [
    "Loki's own failure explains every host's missing logs",
    (facts) => {
      failing({ kind: "unit", name: "loki.service", why: "inactive, not active" })(facts.nixmon);
      for (const each of Object.values(facts)) each.log = { arrived: false, reachable: false, said: "curl: (7)" };
    },
    ["unit/nixmon/loki: loki.service is inactive"],
  ],
  ...["nixio", "nixcloud"].map((host): [string, Change, string[]] => [
    `${host} that does not reach Loki: its site is a consequence where Caddy is, and a finding of its own elsewhere`,
    (facts, collector) => {
      Object.assign(facts[host] ?? {}, { log: { arrived: false, reachable: false, said: "curl: (7)" } });
      for (const sample of collector.metrics.probe ?? [])
        if (sample.labels.instance?.includes("loki.")) sample.value = 0;
    },
    [
      `logs/${host}: Loki does not answer to ${host}: curl: (7)`,
      ...(host === "nixio" ? [] : ["site/loki.example.net: loki.example.net answers 200"]),
    ],
  ]),
  [
    "exporters that answer at home and not to the primary are behind a firewall",
    (_, collector) => down(collector, "nixio"),
    [
      "network/nixio: node, caddy, postgres, redis, alloy answer on nixio itself, but not to the primary (port 9100, 2019, 9187, 9121, 12345)",
    ],
  ],
  [
    "an exporter that the host's own configuration turned off is that alone, also when its target is down by now",
    (facts, collector) => {
      const running = facts.nixio?.generation?.running;
      if (running) running.exporters = running.exporters.filter((name) => name !== "redis");
      down(collector, "nixio", "redis");
    },
    ["exporters/nixio: the host's own configuration has since turned off: redis; turned on: none"],
  ],
  [
    "a target that Prometheus has not scraped for long is stale",
    (_, collector) =>
      Object.assign(collector.targets?.[0] ?? {}, { lastScrape: new Date(now.getTime() - 61_000).toISOString() }),
    [expect.stringMatching(/^target\/nixmon\/\w+: the last scrape of \w+ was 61 s ago$/)],
  ],
  [
    "a target whose file is there and that Prometheus does not know",
    (_, collector) => {
      collector.targets = (collector.targets ?? []).filter(
        ({ labels }) => !(labels.host === "nixio" && labels.job === "node"),
      );
    },
    ["target/nixio/node: Prometheus has no target node of nixio"],
  ],
  [
    "a missing file explains the missing targets",
    (_, collector) => {
      delete collector.files.nixio;
      collector.targets = (collector.targets ?? []).filter(({ labels }) => labels.host !== "nixio");
    },
    ["file/nixio: /var/lib/nixmon/targets/nixio.json is not there on the primary"],
  ],
  [
    "a file of a host that no stack names",
    (_, collector) => Object.assign(collector.files, { gone: [] }),
    ["file/gone: the primary has targets of gone, which no stack names"],
  ],
  [
    "the boot default is another system than the one that runs",
    (facts) => Object.assign(facts.nixio?.generation ?? {}, { bootDefault: { hash: "another" } }),
    ["boot/nixio: the next boot brings configuration another"],
  ],
  [
    "a unit that has not read its new secret",
    (facts) => {
      const credential = facts.nixmon?.secrets?.find(({ where }) => where === "grafana.service");
      if (credential) credential.digest = "older";
    },
    [expect.stringMatching(/^credential\/nixmon\/.*: grafana.service holds another value of/)],
  ],
  [
    "the identity provider's name is unknown",
    (_, { identity }) =>
      Object.assign(identity ?? {}, {
        addresses: [],
        asked: { code: 0, exit: 6, address: "", error: "Could not resolve" },
      }),
    ["identity: auth.example.net does not resolve on nixmon"],
  ],
  [
    "the identity provider's certificate is not trusted",
    (_, { identity }) =>
      Object.assign(identity ?? {}, { asked: { code: 0, exit: 60, address: "10.0.0.4", error: "self-signed" } }),
    ["identity: nixmon does not trust the certificate of auth.example.net: self-signed"],
  ],
  [
    "the identity provider has no such client",
    (_, { identity }) => Object.assign(identity?.asked ?? {}, { code: 404 }),
    [expect.stringMatching(/^identity: .* answers 404$/)],
  ],
  [
    "a Proxmox token without rights explains an exporter without data",
    (facts, { proxmox }) => {
      failing({ kind: "metric", name: "pve", why: "http://127.0.0.1:9221/pve does not show pve_up" })(facts.nixmon);
      Object.assign(proxmox ?? {}, { privileges: [], guests: 0 });
    },
    ["proxmox: the token has no rights on /, and sees 0 guests"],
  ],
  [
    "a Proxmox token with the role somewhere else than on /",
    (_, { proxmox }) => Object.assign(proxmox ?? {}, { privileges: [], elsewhere: ["/vms"], guests: 7 }),
    ["proxmox: the token has no rights on /, only on /vms, and sees 7 guests"],
  ],
  [
    "a Proxmox token with a part of the role",
    (_, { proxmox }) => Object.assign(proxmox ?? {}, { privileges: ["Sys.Audit", "VM.Audit"] }),
    ["proxmox: the token has not Datastore.Audit, Pool.Audit on /, and sees 7 guests"],
  ],
  [
    "a Proxmox token that sees nothing, where the stack made guests",
    (_, { proxmox }) => Object.assign(proxmox ?? {}, { guests: 0 }),
    ["proxmox: the token sees 0 guests, and the stack made 3"],
  ],
  [
    "a Proxmox token that is refused",
    (_, { proxmox }) => Object.assign(proxmox?.permissions ?? {}, { code: 401 }),
    ["proxmox: the Proxmox VE API answers 401 to the exporter's token"],
  ],
  [
    "a certificate that should have been renewed",
    (_, { certificates }) => Object.assign(certificates[0] ?? {}, { expiry: new Date("2026-11-30T00:00:00Z") }),
    ["certificate/grafana.example.net: the certificate of grafana.example.net expires on 2026-11-30T00:00Z"],
  ],
  [
    "a disk that is too small for the metrics",
    (_, collector) => {
      collector.disks = [
        { mount: "/data", size: 4e9, available: 3e9 },
        { mount: "/", size: 200e9, available: 100e9 },
      ];
    },
    ["forecast/prometheus: 2.8 GiB are free on /data, where /var/lib/prometheus2 is"],
  ],
  [
    "rules that cannot be evaluated",
    (_, collector) => {
      collector.ruleErrors = [{ error: "many-to-many matching", rules: 3 }];
    },
    ["rules: 3 rules fail: many-to-many matching"],
  ],
  [
    "notifications that fail",
    (_, { metrics }) => {
      metrics.unsent = [{ labels: { integration: "webhook" }, value: 4.2 }];
    },
    ["notify/webhook: 4 notifications by webhook failed in the last 10 minutes"],
  ],
])("%s", (_, change, expected) => {
  expect(causes(diagnosis(change))).toEqual(expected);
});

test("a certificate of twelve hours that has five left is well: its owner renews with four", () => {
  const found = diagnosis((_, { certificates }) =>
    Object.assign(certificates[0] ?? {}, {
      start: new Date(now.getTime() - 7 * 3_600_000),
      expiry: new Date(now.getTime() + 5 * 3_600_000),
    }),
  );
  expect(causes(found)).toEqual([]);
});

test("targets that Prometheus has not come to yet are one note for their host", () => {
  const found = diagnosis((_, collector) => {
    for (const target of collector.targets ?? [])
      if (target.labels.host === "nixcloud") Object.assign(target, { health: "unknown" });
  });
  expect(causes(found)).toEqual([]);
  expect(found.notes).toEqual([{ host: "nixcloud", text: "not scraped yet: node, alloy, probe:cloud.example.net" }]);
});

test("a target that was down and answers again is a note, not a finding", () => {
  const found = diagnosis((_, collector) => {
    down(collector, "nixio", "node");
    collector.answersNow["http://10.0.0.12:9100/metrics"] = 200;
  });
  expect(causes(found)).toEqual([]);
  expect(found.notes).toEqual([{ host: "nixio", text: "node was down at the last scrape and answers again" }]);
});

test("a Proxmox without guests is a note where the stack made none there", () => {
  const situation = healthy();
  const found = diagnosis((_, { proxmox }) => Object.assign(proxmox ?? {}, { guests: 0 }), {
    ...situation,
    stack: { ...stack, guests: 0 },
  });
  expect(causes(found)).toEqual([]);
  expect(found.notes).toEqual([{ host: "nixmon", text: "Proxmox has no guests" }]);
});

test("another version than at the deployment is a note", () => {
  const found = diagnosis((facts) => Object.assign(facts.nixio?.gate?.versions ?? {}, { node: "1.11.0" }));
  expect(found.notes).toEqual([{ host: "nixio", text: "node is 1.11.0, at the last deployment it was 1.10.2" }]);
});
