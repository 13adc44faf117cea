import { planCluster } from "../../../plan/plan";
import type { ClusterConfig, FreeScrape, MonitoringOptions } from "../../../plan/types";
import { cluster, content, withHost } from "./fixture";

const mistakes = (config: ClusterConfig) =>
  planCluster(config, content).errors.map(({ key, got, want }) => `${key}: got ${got}, want ${want}`);
const everywhere = (monitoring: MonitoringOptions) => cluster({ monitoring });
const scrape = (more: Partial<FreeScrape>): FreeScrape => ({
  job: "app",
  port: 8080,
  path: "/metrics",
  scheme: "http",
  ...more,
});
const jobForm = "a job name of letters, digits, - and _";

test("one port and one job each are no mistake, nor is one job on two hosts", () => {
  const two = withHost(
    "nixio",
    { scrapes: [scrape({})] },
    withHost("nixserv", { scrapes: [scrape({}), scrape({ job: "b", port: 8081 })] }),
  );
  expect(mistakes(two)).toEqual([]);
});

test.each<[string, ClusterConfig, string]>([
  [
    "two exporters on one port",
    withHost("nixserv", { monitoring: { exporters: { alloy: { port: 9100 } } } }),
    "hosts.nixserv.monitoring.exporters.alloy.port: got 9100, which exporter node uses, want a port of its own for exporter alloy",
  ],
  [
    "an exporter on a collector's port",
    withHost("nixmon", { monitoring: { exporters: { node: { port: 3000 } } } }),
    "hosts.nixmon.monitoring.collector: got 3000, which exporter node uses, want a port of its own for service grafana",
  ],
  [
    "a free scrape on an exporter's port",
    withHost("nixserv", { scrapes: [scrape({ port: 9100 })] }),
    "hosts.nixserv.scrapes[0].port: got 9100, which exporter node uses, want a port of its own for scrape app",
  ],
  [
    "two free scrapes on one port",
    withHost("nixserv", { scrapes: [scrape({}), scrape({ job: "other" })] }),
    "hosts.nixserv.scrapes[1].port: got 8080, which scrape app uses, want a port of its own for scrape other",
  ],
  [
    "a port out of range",
    withHost("nixserv", { scrapes: [scrape({ port: 70_000 })] }),
    "hosts.nixserv.scrapes[0].port: got 70000, want a port, 1 to 65535",
  ],
  [
    "an exporter's port out of range",
    everywhere({ exporters: { node: { port: 0 } } }),
    "monitoring.exporters.node.port: got 0, want a port, 1 to 65535",
  ],
  [
    "two jobs of one name",
    withHost("nixserv", { scrapes: [scrape({}), scrape({ port: 8081 })] }),
    'hosts.nixserv.scrapes[1].job: got "app", the job of scrapes[0], want another name',
  ],
  [
    "a free scrape with an exporter's job",
    withHost("nixserv", { scrapes: [scrape({ job: "node" })] }),
    'hosts.nixserv.scrapes[0].job: got "node", the job of exporter node, want another name',
  ],
  [
    "a free scrape that poses as a probe",
    withHost("nixserv", { scrapes: [scrape({ job: "probe" })] }),
    'hosts.nixserv.scrapes[0].job: got "probe", the job of the probes of virtual hosts, want another name',
  ],
  [
    "a bad job name",
    withHost("nixserv", { scrapes: [scrape({ job: "a b" })] }),
    `hosts.nixserv.scrapes[0].job: got "a b", want ${jobForm}`,
  ],
  [
    "a bad path",
    withHost("nixserv", { scrapes: [scrape({ path: "m" })] }),
    'hosts.nixserv.scrapes[0].path: got "m", want a path that begins with /',
  ],
  [
    "a bad token name",
    withHost("nixserv", { scrapes: [scrape({ bearerTokenSecret: "../x" })] }),
    'hosts.nixserv.scrapes[0].bearerTokenSecret: got "../x", want a name of letters, digits, - and _',
  ],
])("%s is one clear mistake", (_, config, expected) => {
  expect(mistakes(config)).toEqual([expected]);
});
