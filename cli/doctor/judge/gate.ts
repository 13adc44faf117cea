import { catalog, findRow } from "../../../plan/catalog";
import type { GateFinding, HostFacts } from "../facts";
import { fine, type Result, wrong } from "../result";
import type { DeployedHost } from "../state";
import { onHost, restore, type Situation } from "./situation";

/** What the health gate itself found: each failing check of it is one finding. */
export function judgeGate(host: DeployedHost, { gate: found }: HostFacts, situation: Situation): Result[] {
  const { name } = host;
  if (found === undefined) {
    return [
      wrong(`gate/${name}`, name, "the agent's checks", {
        found: `${name}: the agent gave no answer to \`status\``,
        wanted: "its JSON answer",
        why: "the agent of this release does not run there, or the host hangs",
        type: [restore(situation, name)],
      }),
    ];
  }
  const expected = host.manifest.exporters.flatMap((exporter) => findRow(exporter.name) ?? []);
  const healthy = expected
    .filter((row) => !found.failing.some((each) => rowsOf(each).includes(row.name)))
    .map((row) => fine(`unit/${name}/${row.name}`, name, `${row.unit} runs and shows ${row.proofMetric}`));
  return [...healthy, ...found.failing.map((each) => gateFailure(host, each))];
}

/** Catalog rows that a finding of the gate is about. */
export function rowsOf({ kind, name }: GateFinding): string[] {
  return kind === "unit" ? catalog.filter(({ unit }) => unit === name).map((row) => row.name) : [name];
}

/** The server behind an exporter: where the proof metric says that the exporter runs but sees nothing. */
const subjects: Record<string, string> = {
  postgres: "postgresql.service",
  redis: "redis*.service",
  pve: "prometheus-pve-exporter.service",
};

function gateFailure(host: DeployedHost, finding: GateFinding): Result {
  const { name } = host;
  const [row = finding.name] = rowsOf(finding);
  const unit = findRow(row)?.unit ?? finding.name;
  const consequences = [`target/${name}/${row}`, `target/${name}/${row}:*`, ...(consequencesOf[row] ?? [])].map((key) =>
    key.replace("HOST", name),
  );
  if (finding.kind === "unit") {
    return wrong(`unit/${name}/${row}`, name, `${unit} runs`, {
      found: `${unit} is ${finding.why.replace(/, not active$/, "")}`,
      wanted: "active",
      why:
        findRow(row)?.shows === undefined
          ? "its checks fail with it"
          : `without it there is no: ${findRow(row)?.shows}`,
      type: [onHost(host, `systemctl restart ${unit}`), onHost(host, `journalctl -u ${unit} -n 50 --no-pager`)],
      explains: [`metric/${name}/${row}`, `ready/${name}/${row}`, ...consequences],
    });
  }
  const subject = /does not show|is 0$/.test(finding.why) ? subjects[row] : undefined;
  return wrong(`${finding.kind}/${name}/${row}`, name, `${row} answers with data`, {
    found: finding.why,
    wanted: finding.kind === "ready" ? "an answer of 200 to 299" : `${findRow(row)?.proofMetric} with a value`,
    why:
      subject === undefined
        ? `${unit} runs but does not do its work`
        : `the exporter runs but does not see what it measures (${subject})`,
    type: [
      ...(subject === undefined ? [] : [onHost(host, `systemctl status ${subject}`)]),
      onHost(host, `journalctl -u ${unit} -n 50 --no-pager`),
    ],
    explains: [...(finding.kind === "metric" ? [`ready/${name}/${row}`] : []), ...consequences],
  });
}

/** What else shows when one of these does not work. */
const consequencesOf: Record<string, string[]> = {
  alloy: ["logs/HOST"],
  loki: ["logs/*", "site/loki.*"],
  grafana: ["site/grafana.*"],
  prometheus: [
    "site/prometheus.*",
    "prometheus",
    "alertmanagers",
    "target/*",
    "network/*",
    "reload/prometheus",
    "forecast/prometheus",
  ],
  alertmanager: ["alertmanagers", "reload/alertmanager"],
  blackbox: ["site/*"],
  caddy: ["site/*", "certificate/*"],
};
