/** What one check found. `key` is a path, `kind/host/...`: the same thing always has the same key. */
export interface Result {
  key: string;
  /** The host that the check is about. */
  host: string;
  /** What was looked at, in a few words. */
  what: string;
  /** Undefined where all is well. */
  finding?: Finding;
}

export interface Finding {
  /** What is wrong: the thing and how it was found. */
  found: string;
  wanted: string;
  /** What it most likely comes from or leads to. */
  why: string;
  /** What to type, first the likeliest remedy. */
  type: string[];
  /** Keys of findings that this one alone would cause; a `*` at the end stands for any rest. */
  explains: string[];
}

/** Worth knowing, and nothing wrong with it. */
export interface Note {
  host: string;
  text: string;
}

/** What a judge has to say. */
export interface Verdict {
  results: Result[];
  notes: Note[];
}

/** A finding that is no consequence of another one, or one that is. */
export interface Judged extends Result {
  /** Key of the finding that causes this one. */
  explainedBy?: string;
}

export function fine(key: string, host: string, what: string): Result {
  return { key, host, what };
}

export function wrong(
  key: string,
  host: string,
  what: string,
  finding: Omit<Finding, "explains"> & { explains?: string[] },
): Result {
  return { key, host, what, finding: { ...finding, explains: finding.explains ?? [] } };
}

export function join(verdicts: readonly Verdict[]): Verdict {
  return {
    results: verdicts.flatMap(({ results }) => results),
    notes: verdicts.flatMap(({ notes }) => notes),
  };
}

/**
 * Marks the findings that another one causes: who has one fault should read of one. A cause may itself be a symptom; the first cause of
 * the chain is named. Of findings that explain each other the first stays.
 */
export function explain(results: readonly Result[]): Judged[] {
  const failing = results.filter((result) => result.finding !== undefined);
  const causes = new Map(failing.map((result) => [result, allCauses(result, failing)]));
  const isSymptom = (result: Result) =>
    [...(causes.get(result) ?? [])].some(
      (cause) => !causes.get(cause)?.has(result) || failing.indexOf(cause) < failing.indexOf(result),
    );
  return results.map((result) => {
    if (result.finding === undefined || !isSymptom(result)) return result;
    const first = [...(causes.get(result) ?? [])].find((cause) => !isSymptom(cause));
    return first === undefined ? result : { ...result, explainedBy: first.key };
  });
}

/** What causes a finding, and what causes that. */
function allCauses(of: Result, failing: readonly Result[]): Set<Result> {
  const found = new Set<Result>();
  const open = [of];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { key } = next;
    for (const other of failing) {
      const known = other.key === key || other === of || found.has(other);
      if (known || !other.finding?.explains.some((pattern) => covers(pattern, key))) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}

function covers(pattern: string, key: string): boolean {
  return pattern.endsWith("*") ? key.startsWith(pattern.slice(0, -1)) : key === pattern;
}
