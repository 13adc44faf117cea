import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Json, JsonObject, Problem } from "../plan/types";

/** Of the files that promtool accepted lately, so that a deployment without a new rule does not wait for it: those of some ten stacks. */
const rememberedAccepted = 200;

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
  const accepted = readAccepted(env);
  const asked = Object.entries(rules).filter(([, content]) => !accepted.includes(hashOf(content)));
  if (asked.length === 0) return [];
  const answer = askPromtool(Object.fromEntries(asked), env);
  if (answer === undefined) return [];
  if (answer.status !== 0) return refusals(answer.stderr);
  remember(env, [...asked.map(([, content]) => hashOf(content)), ...accepted]);
  return [];
}

/** Tells of the content of a rule file whether promtool accepted it lately. */
export function acceptedLately(env: PromtoolEnvironment = process.env): (content: Json) => boolean {
  const accepted = new Set(readAccepted(env));
  return (content) => accepted.has(hashOf(content));
}

function hashOf(content: Json): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
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

function acceptedFile({ NIXMON_CACHE, XDG_CACHE_HOME }: PromtoolEnvironment): string {
  return join(NIXMON_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "nixmon"), "rules-accepted");
}

function readAccepted(env: PromtoolEnvironment): string[] {
  try {
    return readFileSync(acceptedFile(env), "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Not being able to is no reason to fail: it is asked again then. */
function remember(env: PromtoolEnvironment, hashes: readonly string[]): void {
  const file = acceptedFile(env);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, hashes.slice(0, rememberedAccepted).join("\n"));
  } catch {}
}
