import { type ClusterPlan, planCluster } from "../../../plan/plan";
import type { ClusterConfig } from "../../../plan/types";
import { cluster, content, host } from "./fixture";

/** The hosts of the fixture, with an ordinary one that is in everything that others can be told. */
function full(): ClusterConfig {
  const leaving = host("leaving", "10.0.0.15", {
    virtualHosts: { "leaving.example.net": { upstream: "10.0.0.15:8080", access: "lan" } },
    redisInstances: { cache: { port: 6379 } },
    scrapes: [{ job: "app", port: 8080, path: "/metrics", scheme: "http" }],
    monitoring: {
      exporters: { redis: { enable: true } },
      alerts: { HighCPUUsage: { thresholds: { percent: 99 } } },
    },
  });
  return { ...cluster(), hosts: [...cluster().hosts, leaving] };
}

/** The same without a host, and without the role that it had. */
function without(name: string, config: ClusterConfig): ClusterConfig {
  const roles = Object.entries(config.allocations).filter(([, holder]) => holder !== name);
  return {
    ...config,
    allocations: Object.fromEntries(roles) as ClusterConfig["allocations"],
    hosts: config.hosts.filter((one) => one.name !== name),
  };
}

function planned(config: ClusterConfig): ClusterPlan {
  const plan = planCluster(config, content);
  expect(plan.errors).toEqual([]);
  return plan;
}

type Place = (plan: ClusterPlan) => unknown;
const collector = (plan: ClusterPlan) => plan.hosts.nixmon?.collector;
const targets = (plan: ClusterPlan) => Object.values(plan.targets).flat();
const others = (name: string, plan: ClusterPlan) => Object.values(plan.hosts).filter((data) => data.host !== name);

const ordinary: Record<string, Place> = {
  "the targets that the primary scrapes": (plan) => targets(plan).filter(({ job }) => job !== "probe"),
  "the probes of sites": (plan) => targets(plan).filter(({ job }) => job === "probe"),
  "the rules, by its own threshold": (plan) => collector(plan)?.rules,
  "the sites that Caddy serves": (plan) => plan.hosts.nixio?.virtualHosts,
  "the hosts of the plan": (plan) => Object.keys(plan.hosts),
};
const withRole: Record<string, Place> = {
  "whom the others' firewalls let in": (plan) => others("nixio", plan).map(({ addresses }) => addresses),
  "who is what": (plan) => others("nixio", plan).map(({ allocations }) => allocations),
  "the alerts that it inhibits": (plan) => collector(plan)?.alertmanager,
  "the targets that are its own": (plan) => targets(plan),
};

describe.each([
  { name: "leaving", of: "an ordinary host", trace: /leaving|10\.0\.0\.15/, places: ordinary },
  { name: "nixio", of: "the IO primary", trace: /nixio|10\.0\.0\.12/, places: withRole },
])("$of, taken out of the configuration,", ({ name, trace, places }) => {
  const config = full();
  const [before, after] = [planned(config), planned(without(name, config))];

  test.each(Object.entries(places))("was in %s, and is not any more", (_, place) => {
    expect(JSON.stringify(place(before))).toMatch(trace);
    expect(JSON.stringify(place(after))).not.toMatch(trace);
  });

  test("is in nothing that any other host is told; control: it was", () => {
    expect(others(name, before).some((data) => trace.test(JSON.stringify(data)))).toBe(true);
    expect(Object.keys(after.hosts)).toEqual(config.hosts.map((one) => one.name).filter((one) => one !== name));
    for (const data of others(name, after)) expect(JSON.stringify(data)).not.toMatch(trace);
    expect(JSON.stringify(after.targets)).not.toMatch(trace);
  });
});
