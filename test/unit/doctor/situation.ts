import type { CollectorFacts } from "../../../cli/doctor/collectorFacts";
import type { HostFacts } from "../../../cli/doctor/facts";
import type { Situation } from "../../../cli/doctor/judge/situation";
import type { DeployedStack } from "../../../cli/doctor/state";
import { fileSdOfTargets } from "../../../plan/fileSd";
import { planCluster } from "../../../plan/plan";
import type { ScrapeTarget } from "../../../plan/types";
import { cluster, content } from "../plan/fixture";

export const now = new Date("2026-11-24T12:00:00Z");
const plan = planCluster(cluster(), content);

/** The fixture's cluster as it is after a deployment that went well. */
export const stack: DeployedStack = {
  stack: "home",
  primary: "nixmon",
  guests: 3,
  scrapeTargets: plan.targets,
  hosts: Object.fromEntries(
    Object.entries(plan.hosts).map(([name, data]) => [
      name,
      {
        name,
        data,
        connection: { host: data.address, port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
        manifest: {
          hash: `hash-of-${name}`,
          exporters: data.targets.filter(({ job }) => job !== "probe").map((target) => ({ name: target.name })),
          versions: { node: "1.10.2" },
        },
      },
    ]),
  ),
};

export function scrapeUrl({ scheme, address, port, path, params }: ScrapeTarget): string {
  const query = new URLSearchParams(params).toString();
  return `${scheme}://${address}:${port}${path}${query === "" ? "" : `?${query}`}`;
}

function collector(): CollectorFacts {
  const all = Object.values(stack.scrapeTargets).flat();
  const probes = all.filter(({ job }) => job === "probe");
  return {
    targets: all.map((target) => ({
      labels: { host: target.host, job: target.job, instance: target.labels.instance ?? target.host },
      scrapeUrl: scrapeUrl(target),
      health: "up",
      lastError: "",
      lastScrape: new Date(now.getTime() - 10_000).toISOString(),
      scrapeInterval: "15s",
    })),
    answersNow: {},
    files: Object.fromEntries(Object.entries(stack.scrapeTargets).map(([host, list]) => [host, fileSdOfTargets(list)])),
    metrics: {
      probe: probes.map(({ labels }) => ({ labels, value: 1 })),
      probeStatus: probes.map(({ labels }) => ({ labels, value: 200 })),
      samples: [{ labels: {}, value: 500 }],
      series: [{ labels: {}, value: 7500 }],
      stored: [{ labels: {}, value: 0 }],
      logBytes: [{ labels: {}, value: 300 }],
      unsent: [],
    },
    reloads: { prometheus: true, alertmanager: true },
    ruleErrors: [],
    alertmanagers: 1,
    identity: {
      addresses: ["10.0.0.4"],
      asked: { code: 200, exit: 0, address: "10.0.0.4", error: "" },
      direct: { code: 200, exit: 0, address: "10.0.0.4", error: "" },
      certificate: undefined,
    },
    proxmox: {
      permissions: { code: 200, exit: 0, address: "", error: "" },
      privileges: ["Datastore.Audit", "Pool.Audit", "Sys.Audit", "VM.Audit"],
      elsewhere: [],
      guests: 7,
    },
    certificates: [
      {
        domain: "grafana.example.net",
        start: new Date("2026-10-01T00:00:00Z"),
        expiry: new Date("2026-12-30T00:00:00Z"),
      },
    ],
    disks: [
      { mount: "/", size: 200e9, available: 100e9 },
      { mount: "/", size: 200e9, available: 100e9 },
    ],
    storedLogs: 0,
  };
}

/** Facts of the cluster in good health; each call makes its own. */
export function healthy(): Situation {
  const facts = Object.entries(stack.hosts).map(([name, host]): [string, HostFacts] => [
    name,
    {
      clockAhead: 1,
      gate: { failing: [], hash: host.manifest.hash, pending: null, versions: { node: "1.10.2" } },
      generation: {
        running: { hash: host.manifest.hash, exporters: host.manifest.exporters.map((each) => each.name) },
        bootDefault: { hash: host.manifest.hash },
      },
      changedFiles: [],
      secrets: host.data.secrets.flatMap(({ key, consumers }) =>
        ["file", ...consumers].map((where) => ({ key, where, digest: /OAUTH/.test(key) ? "same" : key })),
      ),
      log: { arrived: true, reachable: true, said: "arrived" },
      ...(name === stack.primary ? { collector: collector() } : {}),
    },
  ]);
  return { stack, facts: Object.fromEntries(facts), now };
}
