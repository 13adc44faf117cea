import type { Duration } from "./types";

const units = ["y", "w", "d", "h", "m", "s", "ms"] as const;

const milliseconds: Record<(typeof units)[number], number> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** Each unit at most once, largest first: the grammar of Prometheus, Alertmanager and Loki. */
const pattern = new RegExp(`^${units.map((unit) => `(?:([0-9]+)${unit})?`).join("")}$`);

/** Prometheus counts in 64-bit nanoseconds; more than this overflows there. */
const longest = Number.MAX_SAFE_INTEGER / 1000;

/** What a duration looks like, for messages. */
export const durationForm = "a duration such as 90d, 12h or 1h30m (units y, w, d, h, m, s, ms, largest first)";

export const dayMs = milliseconds.d;

/** Length in milliseconds, or undefined where the text is no Prometheus duration. */
export function durationMs(text: Duration): number | undefined {
  const found = text === "" ? null : pattern.exec(text);
  if (found === null) return undefined;
  const total = units.reduce((sum, unit, index) => sum + Number(found[index + 1] ?? 0) * milliseconds[unit], 0);
  return total <= longest ? total : undefined;
}

/**
 * Length in milliseconds.
 * @param what the key that holds the text, for the message
 * @throws Error that names the key, the text and the form wanted
 */
export function parseDuration(text: Duration, what: string): number {
  const length = durationMs(text);
  if (length === undefined) throw new Error(`${what}: got ${JSON.stringify(text)}, want ${durationForm}`);
  return length;
}
