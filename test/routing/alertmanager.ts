import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../plan/types";
import { freePort, startProgram } from "../programs/process";

/** An alert as Prometheus posts it. */
export interface Alert {
  labels: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Alertmanager {
  /** Posts alerts as firing now. */
  fire(...alerts: Alert[]): Promise<void>;
  /** Posts alerts as over. */
  resolve(...alerts: Alert[]): Promise<void>;
  /** Labels of the alerts that are held back by another one. */
  inhibited(): Promise<Record<string, string>[]>;
  /** Value of one of its own metrics, summed over the series with these labels. */
  metric(name: string, label?: string): Promise<number>;
  stop(): Promise<void>;
}

/**
 * The real Alertmanager on loopback.
 * @param config alertmanager.yml
 * @param credentials its credentials by file name; the paths in `config` are turned to a folder that holds them
 * @param pace replaces the waits of every route: people's patience is no part of the test
 */
export async function startAlertmanager(config: JsonObject, credentials: Record<string, string>, pace: JsonObject) {
  const folder = mkdtempSync(join(tmpdir(), "nixmon-routing-"));
  for (const [name, value] of Object.entries(credentials)) writeFileSync(join(folder, name), value, { mode: 0o400 });
  const text = JSON.stringify(config, (key, value: unknown) => (key in pace ? pace[key] : value)).replaceAll(
    "/run/credentials/alertmanager.service/",
    `${folder}/`,
  );
  const file = join(folder, "alertmanager.yml");
  writeFileSync(file, text); // JSON is YAML
  const checked = spawnSync("amtool", ["check-config", file], { encoding: "utf8" });
  if (checked.status !== 0) throw new Error(`amtool check-config: ${checked.error ?? checked.stdout + checked.stderr}`);

  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const program = await startProgram(
    "alertmanager",
    [
      `--config.file=${file}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { folder, ready: `${base}/-/ready` },
  );

  // what started longer ago than the wait of its group is sent at once, without what comes in the same breath
  const starts = new Map<string, string>();
  const startOf = ({ labels }: Alert): string => {
    const key = JSON.stringify(labels);
    const start = starts.get(key) ?? new Date().toISOString();
    starts.set(key, start);
    return start;
  };
  const post = async (alerts: Alert[], endsAt: Date) => {
    const body = alerts.map((alert) => ({ ...alert, startsAt: startOf(alert), endsAt: endsAt.toISOString() }));
    const answer = await fetch(`${base}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`POST /api/v2/alerts: ${answer.status} ${await answer.text()}`);
  };
  const running: Alertmanager = {
    fire: (...alerts) => post(alerts, new Date(Date.now() + 3_600_000)),
    resolve: (...alerts) => post(alerts, new Date()),
    inhibited: async () => {
      const answer = await fetch(`${base}/api/v2/alerts`);
      const alerts = (await answer.json()) as { labels: Record<string, string>; status: { inhibitedBy: string[] } }[];
      return alerts.filter((alert) => alert.status.inhibitedBy.length > 0).map((alert) => alert.labels);
    },
    metric: async (name, label = "") => {
      const lines = (await (await fetch(`${base}/metrics`)).text()).split("\n");
      const own = lines.filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
      const values = own
        .filter((line) => line.includes(label))
        .map((line) => Number(line.slice(line.lastIndexOf(" "))));
      return values.reduce((sum, value) => sum + value, 0);
    },
    stop: async () => {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return running;
}
