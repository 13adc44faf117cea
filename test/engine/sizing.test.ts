import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readDeployed } from "../../cli/doctor/state";
import type { ClusterPlan } from "../../plan/plan";
import { forecastCluster, type Hardware, targetSeries } from "../../plan/sizing";
import figures from "../../plan/sizing.json";
import { loadStackConfig } from "../../stacks/config";
import { planStack } from "../../stacks/plan";
import { expectClose, isClose } from "../sizing/close";
import { standInJobs } from "../unit/alerts/knownMetrics";
import { cluster, eventually, must, onHost, root, samples } from "./sandbox";

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** Counted on the host itself, not by its exporter. */
function hardware(host: string): Partial<Hardware> {
  const count = (command: string) => Number(onHost(host, command).trim());
  return {
    cpus: count("nproc"),
    disks: count("ls /sys/block | grep -cvE '^(loop|ram|zram|dm-|fd)'"),
    interfaces: count("ls /sys/class/net | wc -l"),
    units: count(
      "systemctl list-units --all --plain --no-legend | awk '{ print $1 }' | grep -cvE '[.](automount|device|mount|scope|slice)$'",
    ),
    filesystems: count(
      "findmnt -rno TARGET,FSTYPE | grep -vE ' (autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$' | grep -cvE '^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|[/ ])'",
    ),
    // what tests before this one have asked of the sites
    answers: samples(`caddy_http_request_duration_seconds_count{host="${host}"}`).length,
    guests: Number(
      onHost(
        "nixmon",
        "curl -s 'http://127.0.0.1:9221/pve?cluster=1&module=default&node=1&target=10.231.77.1' | grep -cE '^pve_guest_info'",
      ).trim(),
    ),
  };
}

test("each measured exporter shows as many series as the forecast says, give or take a fifth", () => {
  const stack = readDeployed("sandbox", must(["pulumi", "stack", "export", "--stack", "sandbox"]).stdout);
  const shown = samples("scrape_samples_scraped") as Sample[];
  const compared = Object.values(stack.hosts).flatMap(({ name, data }) => {
    const known = hardware(name);
    return data.targets.flatMap((target) => {
      const kind = target.job === "probe" ? "probe" : target.name.replace(/:.*/, "");
      // a stand-in's own metrics say nothing of the real program
      if (!(kind in figures.series) || figures.series[kind as keyof typeof figures.series].source !== "measured")
        return [];
      const found = shown.filter(({ metric }) => metric.host === name && metric.job === target.job);
      const measured = found.reduce((sum, { value }) => sum + Number(value[1]), 0) / found.length;
      expectClose(`${name} ${target.name}`, targetSeries(target, data, known), measured);
      return [kind];
    });
  });
  const measured = Object.entries(figures.series).filter(([, { source }]) => source === "measured");
  expect(new Set(compared)).toEqual(new Set(measured.map(([name]) => name)));
});

/** The plan that `make render` forecasts from, without what a stand-in serves: that says nothing of the real program. */
function planWithoutStandIns(): ClusterPlan {
  const readFile = (name: string) => readFileSync(resolve(root, name), "utf8");
  const plan = planStack("sandbox", loadStackConfig("sandbox", readFile), root);
  const hosts = Object.entries(plan.hosts).map(([name, data]) => {
    const targets = data.targets.filter(({ job }) => !standInJobs.includes(job));
    return [name, { ...data, targets }] as const;
  });
  return { ...plan, hosts: Object.fromEntries(hosts) };
}

test("the whole that render prints is what Prometheus holds and takes in a second, give or take a fifth", async () => {
  const known = Object.fromEntries(cluster.map((name) => [name, hardware(name)]));
  const forecast = forecastCluster(planWithoutStandIns(), known);
  if (forecast === undefined) throw new Error("unreachable: the sandbox has a primary");
  const seconds = 60;
  const ours = `job!="", job!~"${standInJobs.join("|")}", host=~"${cluster.join("|")}"`;
  // what each scrape of the last minute brought, and what Prometheus adds to it
  const scraped = `scrape_samples_post_metric_relabeling{${ours}}[${seconds}s]`;
  const taken = `sum(sum_over_time(${scraped}) + ${figures.perTarget} * count_over_time(${scraped})) / ${seconds}`;
  const number = (query: string) => Number((samples(query) as Sample[])[0]?.value[1] ?? 0);
  // tests before this one stopped some of it
  const measured = await eventually(
    120,
    () => ({
      series: number(`count({${ours}})`),
      samplesPerSecond: number(taken),
    }),
    ({ samplesPerSecond }) => isClose(forecast.samplesPerSecond, samplesPerSecond),
  ).catch((error: Error) => {
    throw new Error(`samples/s: forecast ${forecast.samplesPerSecond}; ${error.message}`);
  });
  expectClose("series", forecast.series, measured.series);
  expectClose("samples/s", forecast.samplesPerSecond, measured.samplesPerSecond);
});

test("a probe leaves a line of access log as long as the forecast says, give or take a fifth", () => {
  const ask = (of: string) => {
    const query = `sum(${of}({filename=~".*access-(grafana|loki|prometheus).*"}[30m]))`;
    const url = "http://10.231.77.11:3100/loki/api/v1/query";
    const text = onHost("nixmon", `curl -fsSG ${url} --data-urlencode 'query=${query}'`);
    return Number((JSON.parse(text) as { data: { result: Sample[] } }).data.result[0]?.value[1]);
  };
  expectClose("bytes a line", figures.logs.accessLineBytes, ask("bytes_over_time") / ask("count_over_time"));
});
