import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { dump, load } from "js-yaml";

export const root = resolve(__dirname, "../..");
// two sandboxes at work beside each other change configurations of the same stacks
const workFolder = resolve(root, "build/engine", process.env.NIXMON_SANDBOX_NAME ?? "");

/** What a program printed and how it ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Runs a program with the sandbox's settings (engine home, file state, SSH key), without a shell around its words. */
export function run(words: string[], options: { cwd?: string; input?: string } = {}): Ended {
  const begin = process.hrtime.bigint();
  const ended = spawnSync("bash", ["-c", '. "$0/sandbox/env.sh" && exec "$@"', root, ...words], {
    cwd: options.cwd ?? root,
    encoding: "utf8",
    input: options.input ?? "",
    maxBuffer: 256 * 1024 * 1024,
    timeout: 590_000,
  });
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr, seconds };
}

/** Runs a program that must succeed; its output is in the error when it does not. */
export function must(words: string[], options: Parameters<typeof run>[1] = {}): Ended {
  const ended = run(words, options);
  if (ended.code !== 0)
    throw new Error(`${words.join(" ")} ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

interface StackFile {
  config: Record<string, unknown> & { "nixmon:hosts": Record<string, Record<string, unknown>> };
}

/** A copy of a stack's configuration with a change; the checkout's own file stays as it is. */
export function changedConfig(stack: string, change: (config: StackFile["config"]) => void): string {
  const document = load(readFileSync(resolve(root, `Pulumi.${stack}.yaml`), "utf8")) as StackFile;
  change(document.config);
  mkdirSync(workFolder, { recursive: true });
  const file = resolve(workFolder, `Pulumi.${stack}.yaml`);
  writeFileSync(file, dump(document));
  return file;
}

/** How many resources a run created, changed and left alone, as the engine's own summary says. */
export interface Changes {
  create: number;
  update: number;
  delete: number;
  replace: number;
  same: number;
}

interface EngineEvent {
  summaryEvent?: { resourceChanges?: Record<string, number> };
  diagnosticEvent?: { message: string; severity: string };
}

export interface Up extends Ended {
  changes: Changes;
  /** What the engine printed as errors. */
  errors: string;
}

/**
 * `pulumi up` on a stack of the sandbox; its answers are the engine's events.
 * @param under what stands before it, such as `env -u NAME`
 */
export function up(stack: string, configFile?: string, words: string[] = [], under: string[] = []): Up {
  const config = configFile ? ["--config-file", configFile] : [];
  const always = ["--yes", "--skip-preview", "--non-interactive", "--continue-on-error", "--json"];
  const ended = run([...under, "pulumi", "up", "--stack", stack, ...always, ...config, ...words]);
  const events = ended.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as EngineEvent);
  const counts: Record<string, number> = Object.assign(
    {},
    ...events.map((event) => event.summaryEvent?.resourceChanges ?? {}),
  );
  const of = (kind: string): number => counts[kind] ?? 0;
  const errors = events.flatMap(({ diagnosticEvent: said }) => (said?.severity === "error" ? [said.message] : []));
  return {
    ...ended,
    changes: {
      create: of("create"),
      update: of("update"),
      delete: of("delete"),
      replace: of("replace"),
      same: of("same"),
    },
    errors: [...errors, ended.stderr].join("\n"),
  };
}

export const cluster = ["nixmon", "nixio", "nixcloud"] as const;

/** Runs words on a sandbox host without SSH, so that looking does not count as a connection. */
export function onHost(host: string, script: string): string {
  return must(["sandbox/hosts/machine.sh", "exec", host, "sh", "-c", script]).stdout;
}

/** SSH connections that a host's sshd has taken since it was born. */
export function connections(host: string): number {
  return Number(onHost(host, "journalctl -q -t sshd --output cat | grep -c '^Connection from' || true").trim());
}

/** Asks the primary's Prometheus. */
function prometheus<T>(path: string): T {
  return JSON.parse(onHost("nixmon", `curl -fsS 'http://10.231.77.11:9090${path}'`)) as T;
}

/** The samples that a query gives now. */
export function samples(query: string): unknown[] {
  return prometheus<{ data: { result: unknown[] } }>(`/api/v1/query?query=${encodeURIComponent(query)}`).data.result;
}

export interface ActiveTarget {
  labels: { host: string; job: string; instance: string };
  health: string;
  lastError: string;
}

export function activeTargets(): ActiveTarget[] {
  return prometheus<{ data: { activeTargets: ActiveTarget[] } }>("/api/v1/targets?state=active").data.activeTargets;
}

/** Tries until `check` holds or the seconds are over; then fails with what was last seen. */
export async function eventually<T>(seconds: number, look: () => T, check: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = look();
    if (check(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within ${seconds} s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((done) => setTimeout(done, 500));
  }
}
