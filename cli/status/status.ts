import { setTimeout as sleep } from "node:timers/promises";
import type { MonitoringUrls } from "../../components/monitoringPrimary";
import { hostPort } from "../../plan/address";
import type { ScrapeTarget } from "../../plan/types";
import { exportStack, stackOutputs } from "../doctor/stackExport";
import { readDeployed } from "../doctor/state";
import { installCleanup, say, visit } from "../push/reach";
import { quote } from "../push/remote";
import type { Connection } from "../push/ssh";
import { type ActiveTarget, type TargetRow, targetRows, targetTable } from "./targets";

export interface StatusRequest {
  stack: string;
  /** Seconds to wait until every target is up. */
  wait: number;
  json: boolean;
}

/** The outputs of a cluster stack that we read. */
interface ClusterOutputs {
  primary: string;
  connections: Record<string, Connection>;
  scrapeTargets: Record<string, ScrapeTarget[]>;
  urls: MonitoringUrls;
}

/**
 * Prints what the primary's Prometheus sees. Asked over SSH, since its port is open to hardly anybody.
 * @returns 0 when every target is up, 1 when one is not
 */
export async function stackStatus({ stack, wait, json }: StatusRequest): Promise<number> {
  installCleanup();
  const outputs = readOutputs(stack);
  const expected = Object.values(outputs.scrapeTargets).reduce((sum, targets) => sum + targets.length, 0);
  const end = Date.now() + wait * 1000;
  const isUp = ({ health }: TargetRow) => health === "up";
  let rows = await askPrometheus(outputs);
  let told = -1;
  while (!(rows.length >= expected && rows.every(isUp)) && Date.now() < end) {
    const up = rows.filter(isUp).length;
    if (up !== told) say(stack, `${up} of ${expected} targets up; Prometheus looks every 15 s`);
    told = up;
    await sleep(2000);
    rows = await askPrometheus(outputs);
  }
  const down = rows.filter((row) => row.health !== "up").length;
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ stack, targets: rows, expected, down, urls: outputs.urls }, undefined, 2)}\n`,
    );
  } else {
    const summary = `${rows.length} targets, ${rows.length - down} up, ${down} not up${rows.length < expected ? `, ${expected - rows.length} not known yet` : ""}`;
    const urls = Object.entries(outputs.urls).map(([name, url]) => `  ${name.padEnd(10)} ${url}`);
    process.stdout.write(`${targetTable(rows)}\n\n${summary}\n\nopen:\n${urls.join("\n")}\n`);
  }
  return down === 0 && rows.length >= expected ? 0 : 1;
}

function readOutputs(stack: string): ClusterOutputs {
  const outputs = JSON.parse(stackOutputs(stack)) as Partial<ClusterOutputs>;
  if (outputs.primary === undefined || outputs.connections?.[outputs.primary] === undefined) {
    throw new Error(
      `stack ${stack}: got no output "primary", want a deployed stack of program cluster; run \`make up STACK=${stack}\``,
    );
  }
  const { scrapeTargets = {} } = outputs;
  // of a host whose last deployment failed it has none
  const whole = Object.values(scrapeTargets).every((targets) => Array.isArray(targets));
  return {
    ...(outputs as ClusterOutputs),
    scrapeTargets: whole ? scrapeTargets : readDeployed(stack, exportStack(stack)).scrapeTargets,
  };
}

/** Where a deployed stack's Prometheus is, and how its host is reached. */
export function prometheusOf(stack: string): { primary: string; connection: Connection; url: string } {
  return locate(readOutputs(stack));
}

function locate({ primary, connections, scrapeTargets }: ClusterOutputs) {
  const connection = connections[primary];
  const prometheus = scrapeTargets[primary]?.find((target) => target.name === "prometheus");
  if (connection === undefined || prometheus === undefined) {
    throw new Error(`${primary}: no Prometheus among its scrape targets; is collector.enable false there?`);
  }
  return { primary, connection, url: `http://${hostPort(prometheus.address, prometheus.port)}` };
}

async function askPrometheus(outputs: ClusterOutputs): Promise<TargetRow[]> {
  const { primary, connection, url: base } = locate(outputs);
  const url = `${base}/api/v1/targets?state=active`;
  const ended = await visit(
    { name: primary, connection },
    { command: `curl -fsS --max-time 10 ${quote(url)}`, input: () => Buffer.alloc(0), heartbeat: false, deadline: 45 },
  );
  if (ended.code !== 0) throw new Error(`${primary}: Prometheus does not answer at ${url}: ${ended.stderr.trim()}`);
  const answer = JSON.parse(ended.stdout) as { data: { activeTargets: ActiveTarget[] } };
  return targetRows(answer.data.activeTargets, new Date());
}
