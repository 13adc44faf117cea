import { z } from "zod";
import type { FileSdGroup } from "../../plan/fileSd";
import type { Answer } from "./ask";
import { parseJson } from "./json";

/** What the monitoring primary says of what it collects. */
export interface CollectorFacts {
  /** Undefined where Prometheus did not answer. */
  targets: ScrapedTarget[] | undefined;
  /** What a target that is down answers now when the primary asks it: HTTP code by scrape URL, 0 for no answer. */
  answersNow: Record<string, number>;
  /** Target files by host. */
  files: Record<string, FileSdGroup[]>;
  /** Samples of `queries`, by their names. */
  metrics: Record<string, Sample[]>;
  /** Program -> whether its last reload was accepted. */
  reloads: Record<string, boolean>;
  /** Errors of rules with how many rules have each, worst first. */
  ruleErrors: { error: string; rules: number }[];
  /** How many Alertmanagers Prometheus sends to; undefined where it does not say. */
  alertmanagers: number | undefined;
  identity: IdentityFacts | undefined;
  proxmox: ProxmoxFacts | undefined;
  certificates: Certificate[];
  disks: Disk[];
  /** Bytes that Loki keeps already; undefined where counting takes too long. */
  storedLogs: number | undefined;
}

/** An active target as Prometheus tells it. */
export type ScrapedTarget = z.output<typeof activeTarget>;

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** One try of a request; `exit` is curl's exit code. */
export interface Try {
  code: number;
  exit: number;
  address: string;
  error: string;
}

export interface IdentityFacts {
  /** What the primary's resolver says. */
  addresses: string[];
  asked: Try | undefined;
  /** The same, straight to the identity host and with any certificate. */
  direct: Try | undefined;
  certificate: Certificate | undefined;
}

export interface ProxmoxFacts {
  permissions: Try;
  /** Privileges that the token has on `/`, handed down to all below it. */
  privileges: string[];
  /** Other paths that it has privileges on. */
  elsewhere: string[];
  guests: number;
}

export interface Certificate {
  domain: string;
  start: Date;
  expiry: Date;
}

/** A file system that holds collected data, in bytes. */
export interface Disk {
  mount: string;
  size: number;
  available: number;
}

const activeTarget = z.object({
  labels: z.object({ host: z.string().optional(), job: z.string(), instance: z.string() }),
  scrapeUrl: z.string(),
  health: z.string(),
  lastError: z.string(),
  lastScrape: z.string(),
  scrapeInterval: z.string().default("15s"),
});
const targetsShape = z.object({ data: z.object({ activeTargets: z.array(activeTarget) }) });
const fileShape = z.array(z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) }));
const vectorShape = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});
const alertmanagersShape = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) });
const permissionsShape = z.object({ data: z.record(z.string(), z.record(z.string(), z.unknown())) });
const resourcesShape = z.object({ data: z.array(z.unknown()) });

export function readCollectorFacts(answers: Record<string, Answer>): CollectorFacts {
  const lines = (name: string) => (answers[name]?.out ?? "").split("\n").filter((line) => line !== "");
  const [list = "", ...now] = lines("targets");
  return {
    targets: parseJson(list, targetsShape)?.data.activeTargets,
    answersNow: Object.fromEntries(now.map((line) => pair(line)).map(([url, code]) => [url, Number(code)])),
    files: Object.fromEntries(
      lines("files").map((line) => {
        const [file, json] = pair(line);
        return [file.replace(/\.json$/, ""), parseJson(json, fileShape) ?? []];
      }),
    ),
    metrics: Object.fromEntries(
      lines("metrics")
        .map(pair)
        .map(([name, json]) => [name, samples(json)]),
    ),
    reloads: Object.fromEntries(
      lines("reloads").flatMap((line) => {
        const found = /^([a-z]+)_config_last_reload_successful (\S+)/.exec(line);
        return found === null ? [] : [[found[1], Number(found[2]) === 1]];
      }),
    ),
    ruleErrors: lines("rules").flatMap((line) => {
      const found = /^\s*(\d+) "lastError":"(.*)"$/.exec(line);
      return found === null || found[2] === "" ? [] : [{ rules: Number(found[1]), error: found[2] ?? "" }];
    }),
    alertmanagers: parseJson(lines("alertmanagers")[0] ?? "", alertmanagersShape)?.data.activeAlertmanagers.length,
    identity: answers.identity && identity(lines("identity")),
    proxmox: answers.proxmox && proxmox(answers.proxmox.out),
    certificates: certificates(lines("certificates")),
    disks: lines("storage").flatMap(disk),
    storedLogs: lines("storage").flatMap((line) => {
      const found = /^logs (\d+)$/.exec(line);
      return found === null ? [] : [Number(found[1]) * 1024];
    })[0],
  };
}

function pair(line: string): [string, string] {
  const at = line.indexOf("\t");
  return [line.slice(0, at), line.slice(at + 1)];
}

function samples(json: string): Sample[] {
  const found = parseJson(json, vectorShape)?.data.result ?? [];
  return found.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

function identity(lines: readonly string[]): IdentityFacts {
  return {
    addresses: lines.flatMap((line) => /^address (\S+)$/.exec(line)?.[1] ?? []),
    asked: findTry(lines, "asked"),
    direct: findTry(lines, "direct"),
    certificate: certificates(lines)[0],
  };
}

function findTry(lines: readonly string[], name: string): Try | undefined {
  const line = lines.find((each) => each.startsWith(`${name} `));
  if (line === undefined) return undefined;
  // the address is empty where there was no connection
  const [, code, exit, address = "", error = ""] = /^\S+ (\d+) (\d+) (\S*) ?(.*)$/.exec(line) ?? [];
  return { code: Number(code), exit: Number(exit), address, error };
}

/** Two bodies, each followed by a line `HTTP-code exit-code message`. */
function proxmox(out: string): ProxmoxFacts {
  const found = [...out.matchAll(/(.*?)\n(\d{3}) (\d+) ([^\n]*)\n/gs)].map(([, body = "", code, exit, error = ""]) => ({
    body,
    try: { code: Number(code), exit: Number(exit), address: "", error },
  }));
  const { "/": root = {}, ...below } = parseJson(found[0]?.body ?? "", permissionsShape)?.data ?? {};
  return {
    permissions: found[0]?.try ?? { code: 0, exit: 2, address: "", error: "curl said nothing" },
    // 1: also for what is below
    privileges: Object.keys(root)
      .filter((privilege) => root[privilege] === 1)
      .sort(),
    elsewhere: Object.keys(below)
      .filter((path) => Object.keys(below[path] ?? {}).length > 0)
      .sort(),
    guests: parseJson(found[1]?.body ?? "", resourcesShape)?.data.length ?? 0,
  };
}

function certificates(lines: readonly string[]): Certificate[] {
  const dates = new Map<string, { Start?: Date; Expire?: Date }>();
  for (const line of lines) {
    const found = /^certificate (\S+) (Start|Expire) date:(.*)$/.exec(line);
    if (found === null) continue;
    const [, domain = "", which, date = ""] = found;
    dates.set(domain, { ...dates.get(domain), [which as "Start" | "Expire"]: new Date(date) });
  }
  return [...dates].flatMap(([domain, { Start: start, Expire: expiry }]) =>
    start === undefined || expiry === undefined || Number.isNaN(expiry.getTime()) ? [] : [{ domain, start, expiry }],
  );
}

/** A line of `df -Pk`. */
function disk(line: string): Disk[] {
  const words = line.split(/\s+/);
  const [size, , available] = words.slice(1, 4).map((word) => Number(word) * 1024);
  if (size === undefined || available === undefined || !Number.isFinite(available)) return [];
  return [{ mount: words[5] ?? "", size, available }];
}
