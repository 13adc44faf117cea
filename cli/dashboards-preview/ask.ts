import { visit } from "../push/reach";
import type { Connection } from "../push/ssh";

/** One series of an answer: points in time order, seconds and value. An instant answer has one point. */
export interface Series {
  labels: Record<string, string>;
  points: (readonly [time: number, value: number])[];
}

export interface Answer {
  series: Series[];
  /** What Prometheus said against the query. */
  error: string | undefined;
}

/** Asks Prometheus for many paths at once; answers in the same order. */
export type Ask = (paths: readonly string[]) => Promise<Answer[]>;

/** Straight to an address that this machine can reach. */
export function askDirectly(base: string): Ask {
  return (paths) =>
    Promise.all(paths.map(async (path) => read(await (await fetch(base.replace(/\/+$/, "") + path)).text())));
}

/** From the primary itself, by one SSH connection: its port is open to hardly anybody. */
export function askOverSsh(name: string, connection: Connection, base: string): Ask {
  return async (paths) => {
    if (paths.length === 0) return [];
    const urls = paths.map((path) => `url = ${JSON.stringify(base + path)}\n`).join("");
    const ended = await visit(
      { name, connection },
      {
        command: "curl -sS -g --max-time 30 -w '\\n' -K -",
        input: () => Buffer.from(urls),
        heartbeat: false,
        deadline: 170,
      },
    );
    const lines = ended.stdout.split("\n").filter((line) => line !== "");
    if (lines.length !== paths.length) {
      throw new Error(
        `${name}: got ${lines.length} answers of Prometheus at ${base}, want ${paths.length}: ${ended.stderr.trim() || "no reason given"}`,
      );
    }
    return lines.map(read);
  };
}

interface ApiAnswer {
  status: "success" | "error";
  error?: string;
  data?: {
    resultType: string;
    result: { metric?: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
}

function read(text: string): Answer {
  const answer = JSON.parse(text) as ApiAnswer;
  if (answer.status !== "success" || answer.data === undefined)
    return { series: [], error: answer.error ?? "no reason given" };
  const series = answer.data.result.map(({ metric = {}, value, values }) => ({
    labels: metric,
    points: (values ?? (value ? [value] : [])).map(([time, shown]) => [time, number(shown)] as const),
  }));
  return { series, error: undefined };
}

function number(shown: string): number {
  if (shown === "+Inf") return Number.POSITIVE_INFINITY;
  return shown === "-Inf" ? Number.NEGATIVE_INFINITY : Number(shown);
}

/** The path of a query over time. */
export function rangePath(expr: string, start: number, end: number, step: number): string {
  return `/api/v1/query_range?query=${encodeURIComponent(expr)}&start=${start}&end=${end}&step=${step}`;
}

/** The path of a query for now. */
export function instantPath(expr: string, time: number): string {
  return `/api/v1/query?query=${encodeURIComponent(expr)}&time=${time}`;
}
