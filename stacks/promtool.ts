import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JsonObject, Problem } from "../plan/types";

/** Of the rules that promtool accepted lately, so that a deployment without a new rule does not wait for it. */
const rememberedAccepted = 20;

export interface PromtoolEnvironment {
  PATH?: string | undefined;
  XDG_CACHE_HOME?: string | undefined;
  NIXMON_CACHE?: string | undefined;
}

/**
 * What promtool refuses in rendered rule files: unlike the plan it knows types and templates. Nothing where there is no promtool: then the
 * primary's own build is the first to tell.
 * @param rules by file name
 */
export function promtoolProblems(
  rules: Readonly<Record<string, JsonObject>>,
  env: PromtoolEnvironment = process.env,
): Problem[] {
  const cache = join(
    env.NIXMON_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "nixmon"),
    "rules-accepted",
  );
  const hash = createHash("sha256").update(JSON.stringify(rules)).digest("hex");
  const accepted = readAccepted(cache);
  if (accepted.includes(hash)) return [];
  const answer = askPromtool(rules, env);
  if (answer === undefined) return [];
  if (answer.status === 0) remember(cache, [hash, ...accepted]);
  return answer.status === 0 ? [] : refusals(answer.stderr);
}

function askPromtool(rules: Readonly<Record<string, JsonObject>>, { PATH }: PromtoolEnvironment) {
  const folder = mkdtempSync(join(tmpdir(), "nixmon-rules-"));
  try {
    // JSON is YAML
    for (const [file, content] of Object.entries(rules)) writeFileSync(join(folder, file), JSON.stringify(content));
    const files = Object.keys(rules).map((file) => `./${file}`);
    const options = { cwd: folder, encoding: "utf8", timeout: 30_000, env: { PATH } } as const;
    const { error, status, stderr } = spawnSync("promtool", ["check", "rules", ...files], options);
    return error === undefined && status !== null ? { status, stderr } : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A line for each mistake: `./FILE: LINE:COLUMN: group "G", rule 1, "ALERT": text`; what is indented goes on with the line before. */
function refusals(stderr: string): Problem[] {
  const want = "rules that `promtool check rules` accepts";
  const found = new Map<string, Problem>();
  for (const [, file, rule, text = ""] of stderr
    .replace(/\n {2,}(?!FAILED)/g, " ")
    .matchAll(/^\.\/(.+?\.yaml): (?:\d+:\d+: )?(?:group "[^"]*", rule \d+, "([^"]*)": )?(.+)$/gm)) {
    const key = `alerts/${file}${rule === undefined ? "" : `: ${rule}`}`;
    found.set(`${key} ${text}`, { key, got: text, want });
  }
  // promtool itself goes through annotations in another order each time
  const sorted = [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem);
  return sorted.length > 0 ? sorted : [{ key: "alerts/*.yaml", got: stderr.trim() || "a refusal", want }];
}

function readAccepted(cache: string): string[] {
  try {
    return readFileSync(cache, "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Not being able to is no reason to fail: it is asked again then. */
function remember(cache: string, hashes: readonly string[]): void {
  try {
    mkdirSync(dirname(cache), { recursive: true });
    writeFileSync(cache, hashes.slice(0, rememberedAccepted).join("\n"));
  } catch {}
}
