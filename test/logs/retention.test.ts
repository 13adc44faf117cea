import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lokiConfig } from "../../plan/loki";
import type { JsonObject } from "../../plan/types";
import { freePort, startProgram } from "../programs/process";

/**
 * Whether old entries really go: the product's own loki.yaml with a retention of a day, on the Loki that the sandbox uses. That is the real
 * one where it is on the PATH, else the sandbox's stand-in; the first words of the tests say which.
 */
const version = spawnSync("loki", ["--version"], { encoding: "utf8" }).stdout?.split("\n")[0] ?? "loki: not found";
const standIn = version.includes("stand-in");
/** Real Lokis write, ship and delete in steps. */
const patience = standIn ? 10 : 100;

/** The waits before something is deleted, which a test need not have; places and ports are replaced as well. */
const waits = { compaction_interval: "1s", retention_delete_delay: "1s" };
const oldLine = "of 30 hours ago";
const newLine = "of a minute ago";

interface Loki {
  /** Lines that it holds, oldest first. */
  lines(): Promise<string[]>;
  /** When it last looked for what to delete, Unix seconds. */
  compactedAt(): Promise<number>;
  push(line: string, age: number): Promise<void>;
  /** A real Loki deletes only what is written and shipped: a flush and a restart do that at once. */
  ship(): Promise<void>;
  end(): Promise<void>;
}

async function startLoki(compactor: JsonObject): Promise<Loki> {
  const folder = mkdtempSync(join(tmpdir(), "nixmon-loki-"));
  const planned = lokiConfig("127.0.0.1", "1d") as Record<string, JsonObject>;
  const port = await freePort();
  const config = {
    ...planned,
    server: { ...planned.server, http_listen_port: port, grpc_listen_port: await freePort() },
    compactor: { ...planned.compactor, ...waits, ...compactor },
  };
  const file = join(folder, "loki.yaml");
  writeFileSync(file, JSON.stringify(config).replaceAll("/var/lib/loki", folder)); // JSON is YAML
  const base = `http://127.0.0.1:${port}`;
  const start = () => startProgram("loki", [`--config.file=${file}`], { folder, ready: `${base}/ready`, seconds: 60 });
  let program = await start();

  const ask = async (path: string, options: RequestInit = {}): Promise<string> => {
    const answer = await fetch(base + path, options);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text;
  };
  return {
    lines: async () => {
      const since = (Date.now() - 48 * 3_600_000) * 1e6;
      const text = await ask(
        `/loki/api/v1/query_range?query=${encodeURIComponent('{job="test"}')}&start=${since}&direction=forward`,
      );
      const { data } = JSON.parse(text) as { data: { result: { values: [string, string][] }[] } };
      return data.result.flatMap(({ values }) => values.map(([, line]) => line));
    },
    compactedAt: async () => {
      const name = "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds";
      return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(await ask("/metrics"))?.[1] ?? 0);
    },
    push: async (line, age) => {
      const values = [[String((Date.now() - age * 1000) * 1e6), line]];
      const body = JSON.stringify({ streams: [{ stream: { job: "test" }, values }] });
      await ask("/loki/api/v1/push", { method: "POST", headers: { "content-type": "application/json" }, body });
    },
    ship: async () => {
      if (standIn) return;
      await ask("/flush", { method: "POST" });
      await program.stop();
      program = await start();
    },
    end: async () => {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Takes an old and a new line, and leaves the rest to Loki. */
async function fill(loki: Loki): Promise<void> {
  await loki.push(oldLine, 30 * 3600);
  await loki.push(newLine, 60);
  expect(await loki.lines()).toEqual([oldLine, newLine]);
  await loki.ship();
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + patience * 1000; Date.now() < end; ) {
    if (await holds()) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}

describe(version, () => {
  test("deletes what is older than the retention of its configuration, and nothing else", async () => {
    const loki = await startLoki({});
    try {
      await fill(loki);
      await until(async () => (await loki.lines()).length < 2);
      expect(await loki.lines()).toEqual([newLine]);
    } finally {
      await loki.end();
    }
  });

  test("control: where the compactor is not told to, both stay", async () => {
    const loki = await startLoki({ retention_enabled: false });
    try {
      await fill(loki);
      // two looks later than what is there now: both would have deleted
      const before = Math.floor(Date.now() / 1000);
      expect(await until(async () => (await loki.compactedAt()) > before + 1)).toBe(true);
      expect(await loki.lines()).toEqual([oldLine, newLine]);
    } finally {
      await loki.end();
    }
  });
});
