import { z } from "zod";
import type { Answer, Asked, Unreached } from "./ask";
import { type CollectorFacts, readCollectorFacts } from "./collectorFacts";
import { parseJson } from "./json";
import { folderGone } from "./questions";

/** What a host says, understood. Whatever was not asked, or not answered, is undefined. */
export interface HostFacts {
  /** Why the host could not be asked; all else is undefined then. */
  failure?: Unreached;
  /** Seconds that the host's clock was ahead of this machine's when it was asked; the way there counts too. */
  clockAhead?: number;
  gate?: GateFacts;
  generation?: GenerationFacts;
  /** Files below /var/lib/nixmon/current that differ from what was sent. */
  changedFiles?: string[];
  /** Whether there is no /var/lib/nixmon/current at all. */
  payloadGone?: boolean;
  secrets?: SecretDigest[];
  log?: { arrived: boolean; reachable: boolean; said: string };
  kanidmUnit?: string;
  collector?: CollectorFacts;
}

/** The health gate's answer, as `agent status` gives it. */
export interface GateFacts {
  failing: GateFinding[];
  hash: string;
  pending: { hash: string; phase: string } | null;
  versions: Record<string, string>;
}

export interface GateFinding {
  kind: "unit" | "metric" | "ready";
  /** The unit, or the catalog row's name. */
  name: string;
  why: string;
}

/** Which configuration a system holds: undefined where it holds none of ours. */
export interface GenerationFacts {
  running: { hash: string; exporters: string[] } | undefined;
  bootDefault: { hash: string } | undefined;
}

export interface SecretDigest {
  key: string;
  /** `file`, or the unit whose credential it is. */
  where: string;
  /** Salted; undefined where the file is not there. */
  digest: string | undefined;
}

const statusShape = z.object({
  hash: z.string(),
  pending: z.object({ hash: z.string(), phase: z.string() }).nullable(),
  failing: z.array(z.string()),
  tolerated: z.array(z.string()),
  versions: z.record(z.string(), z.string()),
});

const manifestShape = z.object({ hash: z.string(), exporters: z.array(z.object({ name: z.string() })) });

export function readFacts(asked: Asked): HostFacts {
  if ("failure" in asked) return { failure: asked.failure };
  const { answers } = asked;
  const facts: HostFacts = {};
  const status = answers.status && parseJson(answers.status.out, statusShape);
  if (status !== undefined) {
    facts.gate = { ...status, failing: [...status.failing, ...status.tolerated].flatMap(gateFinding) };
  }
  const ahead = Number.parseInt(answers.clock?.out ?? "", 10);
  if (!Number.isNaN(ahead)) facts.clockAhead = ahead;
  if (answers.generation) facts.generation = generation(answers.generation.out);
  if (answers.payload) facts.changedFiles = changedFiles(answers.payload);
  if (answers.payload?.code === folderGone) facts.payloadGone = true;
  if (answers.secrets) facts.secrets = answers.secrets.out.split("\n").flatMap(secretDigest);
  if (answers.log) {
    const said = answers.log.out.trim();
    facts.log = { arrived: said === "arrived", reachable: answers.log.code !== 2, said };
  }
  if (answers.kanidm) facts.kanidmUnit = answers.kanidm.out.trim();
  if (answers.targets) facts.collector = readCollectorFacts(answers);
  return facts;
}

function gateFinding(line: string): GateFinding[] {
  const found = /^(unit|metric|ready) (\S+): (.*)$/.exec(line);
  if (found === null) return [];
  const [, kind, name = "", why = ""] = found;
  return [{ kind: kind as GateFinding["kind"], name, why }];
}

function generation(out: string): GenerationFacts {
  const [running, boot] = out.split("\n").map((line) => parseJson(line, manifestShape));
  return {
    running: running && { hash: running.hash, exporters: running.exporters.map(({ name }) => name) },
    bootDefault: boot && { hash: boot.hash },
  };
}

/** `sha256sum --quiet` prints `FILE: FAILED`, and fails without a line where the list itself is not there. */
function changedFiles({ code, out }: Answer): string[] {
  const files = out.split("\n").flatMap((line) => /^(.*): FAILED/.exec(line)?.[1] ?? []);
  return code !== 0 && files.length === 0 ? ["files.sha256"] : files;
}

function secretDigest(line: string): SecretDigest[] {
  const [key = "", where = "", digest = ""] = line.split(" ");
  return digest === "" ? [] : [{ key, where, digest: digest === "absent" ? undefined : digest }];
}
