import type { Step } from "./board";

/** Grafana's dark theme: its names of colours, as far as the dashboards use them. */
const named: Record<string, string> = {
  green: "#73bf69",
  orange: "#ff9830",
  red: "#f2495c",
  blue: "#5794f2",
};

/** The classic palette, one for each series in turn. */
const palette = [
  "#7eb26d",
  "#eab839",
  "#6ed0e0",
  "#ef843c",
  "#e24d42",
  "#5195ce",
  "#ba43a9",
  "#705da0",
  "#508642",
  "#cca300",
];

export function seriesColour(index: number): string {
  return palette[index % palette.length] ?? "#7eb26d";
}

export function colour(name: string): string {
  return named[name] ?? name;
}

/** The colour of the highest step that a value reaches. */
export function stepColour(value: number, steps: readonly Step[] = []): string {
  const reached = steps.filter((step) => step.value === null || value >= step.value);
  return colour(reached.at(-1)?.color ?? "green");
}

/** Text inside HTML or SVG, attributes included. */
export function markup(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
