import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { root } from "../engine/sandbox";
import { bound, clock } from "./path";

/** One exporter that was stopped. */
export interface Run {
  host: string;
  unit: string;
  alert: string;
  /** From the stop to the message. */
  seconds: number;
  /** From the start to the message that it is back. */
  resolved: number;
}

interface Figures {
  runs: readonly Run[];
  /** Seconds from the stop of Prometheus until its heartbeat counted as missing. */
  noticed: number;
  /** Seconds without a heartbeat that count as missing. */
  missing: number;
}

/** Writes docs/alert-path.md. */
export function writeFigures({ runs, noticed, missing }: Figures): void {
  const shown = (seconds: number) => seconds.toFixed(1);
  const times = runs.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const inTime = times.filter((seconds) => seconds < bound).length;
  const rows = runs.map((run, index) => {
    const { host, unit, alert, seconds, resolved } = run;
    return `| ${index + 1} | ${host} | ${unit} | ${alert} | ${shown(seconds)} | ${shown(resolved)} |`;
  });
  const text = `# The path of an alert, with a clock

Written by \`make test-alert-path\`: an exporter is stopped on a sandbox host; the clock runs until Home Assistant (a recorder in its place) has
the message. Prometheus and Alertmanager are real, rules and routes are the project's. \`for\` of the two alerts is ${clock.for} s by an override;
the default is 2 minutes. A message may take scrape interval + \`for\` + group wait + ${clock.slack} s = ${clock.scrape} + ${clock.for} + ${clock.groupWait} + ${clock.slack} = ${bound} s.

**${inTime} of ${times.length} within ${bound} s**; fastest ${shown(times[0] ?? 0)} s, median ${shown(times[Math.floor(times.length / 2)] ?? 0)} s, slowest ${shown(times.at(-1) ?? 0)} s.

| run | host | stopped | alert | message after, s | back after, s |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

Between rounds Alertmanager is restarted, so that each alert begins a group of its own; a group that has told already tells of more, and that
something is back, after its interval of 5 minutes at the latest.

- A dead host is one message, \`HostDown\`: its services and, for the IO host, the sites behind it are inhibited.
- After kill -9 of Prometheus and Alertmanager, silences made more than 10 s before are there, and nothing is told twice.
- After Prometheus stops, Alertmanager goes on calling the heartbeat until the watchdog's last word expires. ${Math.round(noticed)} s after the stop, ${missing} s
  had passed without a call: let the service that you call raise its alarm after ${missing} s of silence.
`;
  writeFileSync(resolve(root, "docs/alert-path.md"), text);
}
