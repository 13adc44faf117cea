import { type Facts, factsOf, type Kind, kinds } from "./facts";
import type { KnownHost } from "./fromState";

export interface Change {
  kind: Kind;
  name: string;
  /** Undefined: it is new. */
  before?: string;
  /** Undefined: it goes. */
  after?: string;
}

export interface HostChange {
  host: string;
  state: "new" | "gone" | "changed" | "same";
  changes: Change[];
}

/** What changes on each host, by name of the host. Equal hosts are listed too, without changes. */
export function compare(before: Record<string, KnownHost>, after: Record<string, KnownHost>): HostChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.map((host): HostChange => {
    const [old, fresh] = [before[host], after[host]];
    if (fresh === undefined) return { host, state: "gone", changes: [] };
    // a machine that nobody recorded is not a change
    const known = old && { ...old, machine: old.machine ?? fresh.machine };
    const changes = differences(known && factsOf(known), factsOf(fresh));
    const state = old === undefined ? "new" : changes.length > 0 ? "changed" : "same";
    return { host, state, changes };
  });
}

function differences(before: Facts | undefined, after: Facts): Change[] {
  return kinds.flatMap((kind) => {
    const [old, fresh] = [before?.[kind] ?? new Map<string, string>(), after[kind]];
    const gone = [...old].filter(([name]) => !fresh.has(name)).map(([name, value]) => ({ kind, name, before: value }));
    const changed = [...fresh].flatMap(([name, value]): Change[] => {
      const was = old.get(name);
      if (was === value) return [];
      return [was === undefined ? { kind, name, after: value } : { kind, name, before: was, after: value }];
    });
    return [...gone, ...changed];
  });
}
