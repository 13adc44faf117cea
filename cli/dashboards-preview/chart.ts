import type { Series } from "./ask";
import type { Panel } from "./board";
import { colour, markup, seriesColour, stepColour } from "./colour";
import { format } from "./units";

/** A series with the name that its legend gives it. */
export interface Named extends Series {
  name: string;
}

export interface Window {
  start: number;
  end: number;
  /** Seconds between two points; a longer gap breaks a line. */
  step: number;
}

const margin = { left: 80, right: 8, top: 6, bottom: 20 };

/**
 * Round numbers that divide a range into about `count` parts, the first and last at or beyond its ends.
 * @param base 1024 for bytes, whose round numbers are those of KiB, MiB and so on
 */
export function ticks(low: number, high: number, count: number, base: 1000 | 1024 = 1000): number[] {
  const prefix = base ** Math.max(0, Math.floor(Math.log(Math.max(Math.abs(low), Math.abs(high), 1)) / Math.log(base)));
  if (base === 1024 && prefix > 1) return ticks(low / prefix, high / prefix, count).map((value) => value * prefix);
  const span = high - low || Math.abs(high) || 1;
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10) * power;
  const first = Math.floor(low / size + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / size - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * size).toPrecision(12)));
}

/** Lines over time with axes, thresholds and, where the panel stacks, filled bands on top of each other. */
export function timeSeries(panel: Panel, series: readonly Named[], window: Window, width: number, height: number) {
  const { defaults } = panel.fieldConfig;
  const stacked = defaults.custom?.stacking?.mode === "normal";
  const bands = stacked ? stack(series) : series.map(({ points }) => points.map(([t, v]) => [t, 0, v] as const));
  const dashed = defaults.custom?.thresholdsStyle?.mode === "dashed";
  const limits = dashed ? (defaults.thresholds?.steps ?? []).filter((step) => step.value !== null) : [];
  const values = bands.flatMap((band) => band.flatMap(([, low, high]) => (stacked ? [low, high] : [high])));
  const finite = values.filter(Number.isFinite);
  const yesNo = defaults.unit === "bool";
  const axis = yesNo
    ? [0, 1]
    : ticks(
        defaults.min ?? Math.min(...finite, 0),
        // a limit far above the lines would press them flat
        defaults.max ?? Math.max(...finite, ...(finite.length === 0 ? [1] : [])),
        Math.round(height / 40),
        /^(bytes|binBps)$/.test(defaults.unit ?? "") ? 1024 : 1000,
      );
  const [bottom = 0, top = 1] = [axis[0], axis.at(-1)];
  const x = (time: number) =>
    margin.left + ((time - window.start) / (window.end - window.start)) * (width - margin.left - margin.right);
  const y = (value: number) =>
    margin.top + (1 - (value - bottom) / (top - bottom)) * (height - margin.top - margin.bottom);

  const parts = [
    ...axis.map((value) => {
      const at = y(value).toFixed(1);
      const text = `<text x="${margin.left - 6}" y="${at}" dy="4" text-anchor="end">${markup(format(value, defaults.unit))}</text>`;
      return `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/>${text}`;
    }),
    ...timeAxis(window, x, height),
    ...bands.flatMap((band, index) => drawBand(band, { x, y, step: window.step, stacked, index })),
    ...limits
      .filter((step) => Number(step.value) <= top && Number(step.value) >= bottom)
      .map((step) => {
        const at = y(Number(step.value)).toFixed(1);
        return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" stroke="${colour(step.color)}" stroke-dasharray="6 4"/>`;
      }),
  ];
  return svg(width, height, parts);
}

type Band = readonly (readonly [time: number, low: number, high: number])[];

/** Each series on top of those before it, by time. */
function stack(series: readonly Named[]): Band[] {
  const heights = new Map<number, number>();
  return series.map(({ points }) =>
    points.map(([time, value]) => {
      const low = heights.get(time) ?? 0;
      heights.set(time, low + value);
      return [time, low, low + value] as const;
    }),
  );
}

interface Drawing {
  x(time: number): number;
  y(value: number): number;
  step: number;
  stacked: boolean;
  index: number;
}

function drawBand(band: Band, { x, y, step, stacked, index }: Drawing): string[] {
  const stroke = seriesColour(index);
  return pieces(band, step).map((piece) => {
    const points = piece.map(([time, , high]) => `${x(time).toFixed(1)},${y(high).toFixed(1)}`);
    if (piece.length === 1)
      return `<circle cx="${points[0]?.split(",")[0]}" cy="${points[0]?.split(",")[1]}" r="2" fill="${stroke}"/>`;
    const line = `<polyline points="${points.join(" ")}" fill="none" stroke="${stroke}" stroke-width="1.2"/>`;
    const back = [...piece].reverse().map(([time, low]) => `${x(time).toFixed(1)},${y(low).toFixed(1)}`);
    const fill = `<polygon points="${[...points, ...back].join(" ")}" fill="${stroke}" fill-opacity="${stacked ? 0.4 : 0.08}"/>`;
    return fill + line;
  });
}

/** Runs of points without a gap, and without values that have no place on an axis. */
function pieces(band: Band, step: number): Band[] {
  const found: (readonly [number, number, number])[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of band) {
    if (!Number.isFinite(point[2])) continue;
    if (point[0] - before > step * 1.5) found.push([]);
    found.at(-1)?.push(point);
    before = point[0];
  }
  return found;
}

function timeAxis(window: Window, x: (time: number) => number, height: number): string[] {
  const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720];
  const size = 60 * (minutes.find((one) => (window.end - window.start) / 60 / one <= 8) ?? 1440);
  const times: number[] = [];
  for (let time = Math.ceil(window.start / size) * size; time <= window.end; time += size) times.push(time);
  return times.map((time) => {
    const label = new Date(time * 1000).toISOString().slice(11, 16);
    return `<text x="${x(time).toFixed(1)}" y="${height - 5}" text-anchor="middle">${label}</text>`;
  });
}

/** One coloured strip for each series: the colour of the step that the value had. */
export function strips(panel: Panel, series: readonly Named[], window: Window, width: number, height: number): string {
  const steps = panel.fieldConfig.defaults.thresholds?.steps ?? [];
  const left = 250;
  const x = (time: number) => left + ((time - window.start) / (window.end - window.start)) * (width - left - 8);
  const row = Math.min(40, (height - margin.bottom) / Math.max(1, series.length));
  const parts = series.flatMap(({ name, points }, index) => {
    const label = `<text x="${left - 8}" y="${(index + 0.5) * row + 4}" text-anchor="end">${markup(name)}</text>`;
    const runs: [start: number, end: number, fill: string][] = [];
    for (const [time, value] of points) {
      const fill = stepColour(value, steps);
      const run = runs.at(-1);
      if (run && run[2] === fill && time - run[1] <= window.step * 1.5) run[1] = time;
      else runs.push([time, time, fill]);
    }
    const rects = runs.map(
      ([start, end, fill]) =>
        `<rect x="${x(start).toFixed(1)}" y="${(index * row + row * 0.1).toFixed(1)}" width="${Math.max(2, x(Math.min(end + window.step, window.end)) - x(start)).toFixed(1)}" height="${(row * 0.8).toFixed(1)}" fill="${fill}"/>`,
    );
    return [label, ...rects];
  });
  return svg(width, height, [...parts, ...timeAxis(window, x, height)]);
}

/** One horizontal bar for each series, from the panel's least to its greatest value. */
export function bars(panel: Panel, series: readonly Named[], width: number, height: number): string {
  const { defaults } = panel.fieldConfig;
  const last = series.map(({ name, points }) => ({ name, value: points.at(-1)?.[1] ?? Number.NaN }));
  const low = defaults.min ?? 0;
  const high = defaults.max ?? Math.max(...last.map(({ value }) => value), 1);
  const [left, right] = [230, 80];
  const row = Math.min(44, height / Math.max(1, last.length));
  const parts = last.map(({ name, value }, index) => {
    const share = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
    const fill = stepColour(value, defaults.thresholds?.steps);
    const top = index * row + row * 0.15;
    const full = width - left - right;
    const middle = (index + 0.5) * row + 4;
    return [
      `<text x="${left - 8}" y="${middle}" text-anchor="end">${markup(name)}</text>`,
      `<rect x="${left}" y="${top}" width="${full}" height="${row * 0.7}" fill="#22252b"/>`,
      `<rect x="${left}" y="${top}" width="${(share * full).toFixed(1)}" height="${row * 0.7}" fill="${fill}"/>`,
      `<text x="${width - right + 6}" y="${middle}" style="fill:${fill}">${markup(format(value, defaults.unit, defaults.decimals))}</text>`,
    ].join("");
  });
  return svg(width, height, parts);
}

function svg(width: number, height: number, parts: readonly string[]): string {
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">${parts.join("")}</svg>`;
}
