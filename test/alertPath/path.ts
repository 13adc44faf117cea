import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { changedConfig, must, onHost, root } from "../engine/sandbox";

/**
 * The way of an alert from a stopped exporter to a person, with a clock: the sandbox's own Prometheus and Alertmanager with the project's rules
 * and routes, and a recorder on the bridge that plays Home Assistant and the heartbeat's service.
 */
const folder = resolve(root, "build/alert-path");
const file = resolve(folder, "recorded.jsonl");
const out = "http://10.231.77.1:9952";

/** Seconds, as `plan/prometheus.ts`, `plan/alertmanager.ts` and the override below say them. */
export const clock = { scrape: 15, for: 10, groupWait: 30, slack: 5 };
export const bound = clock.scrape + clock.for + clock.groupWait + clock.slack;

/** What the sandbox itself raises on a busy machine, and what stopping so often does: a group that tells already would wait five minutes for more. */
const besides = [
  "HostLogsMissing",
  "ServiceRestarting",
  "SystemdUnitCrashLooping",
  "SystemdUnitFailed",
  "HighCPUUsage",
  "HighLoad",
  "ClockNotSynchronising",
  "ProxmoxGuestNotBackedUp",
  "ProxmoxNodeCpuHigh",
  "CertificateExpiring",
];

/** The sandbox's stack with somebody to tell, and with alerts that do not wait long. */
export function configuration(): string {
  const short = { for: `${clock.for}s` };
  const off = Object.fromEntries(besides.map((name) => [name, { enable: false }]));
  const config = changedConfig("sandbox", (values) => {
    values["nixmon:monitoring"] = {
      collector: { alerting: { homeAssistant: { enable: true, url: out }, heartbeat: { enable: true } } },
      alerts: { ...off, HostDown: short, ServiceDown: short },
    };
  });
  const set = ["pulumi", "config", "set", "--secret", "--stack", "sandbox", "--config-file", config];
  must([...set, "nixmon:heartbeatUrl"], { input: `${out}/ping` });
  return config;
}

let recorder: ChildProcess | undefined;

export function startRecorder(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  recorder = spawn(process.execPath, ["test/secrets/recorder.js", "10.231.77.1", "9952", file], { cwd: root });
}

export function stopRecorder(): void {
  recorder?.kill();
}

/** One message to Home Assistant, or one call of the heartbeat. */
export interface Message {
  /** Milliseconds since 1970. */
  at: number;
  heartbeat: boolean;
  status: string;
  /** The group: what all its alerts have in common. */
  host: string;
  /** Those of the message's status: one that fires may also name what is back. */
  alerts: string[];
}

interface Webhook {
  status: string;
  groupLabels: Record<string, string>;
  alerts: { status: string; labels: Record<string, string> }[];
}

export function messages(): Message[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { at, path, body } = JSON.parse(line) as { at: number; path: string; body: string };
      const { status, groupLabels, alerts } = JSON.parse(body) as Webhook;
      const names = alerts.flatMap((alert) => (alert.status === status ? [alert.labels.alertname ?? ""] : [])).sort();
      return { at, heartbeat: path === "/ping", status, host: groupLabels.host ?? "", alerts: names };
    });
}

export const told = (host: string, since: number): Message[] =>
  messages().filter((message) => !message.heartbeat && message.host === host && message.at >= since);

/** Stops a unit and says when. */
export function stopUnit(host: string, unit: string): number {
  const at = Date.now();
  onHost(host, `systemctl stop ${unit}`);
  return at;
}

/** Alerts that Prometheus holds for true now, `Watchdog` aside, as `name host`. */
export function firing(): string[] {
  const answer = onHost("nixmon", "curl -fsS http://10.231.77.11:9090/api/v1/alerts");
  const { data } = JSON.parse(answer) as {
    data: { alerts: { state: string; labels: Record<string, string> }[] };
  };
  return data.alerts.flatMap(({ state, labels }) =>
    state === "firing" && /critical|warning/.test(labels.severity ?? "") ? [`${labels.alertname} ${labels.host}`] : [],
  );
}

/** Asks Alertmanager on the primary; a body makes it a POST. */
export function alertmanager<T>(path: string, body?: unknown): T {
  const words = ["sandbox/hosts/machine.sh", "exec", "nixmon", "curl", "-fsS"];
  const post = body === undefined ? [] : ["--json", "@-"];
  const ended = must([...words, ...post, `http://127.0.0.1:9093/api/v2${path}`], { input: JSON.stringify(body ?? "") });
  return JSON.parse(ended.stdout) as T;
}
