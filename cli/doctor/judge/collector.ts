import { fine, type Result, type Verdict, wrong } from "../result";
import { onHost, primaryOf, type Situation } from "./situation";

const units: Record<string, string> = { prometheus: "prometheus.service", alertmanager: "alertmanager.service" };

/** Whether the collectors work with their present configuration, and whether alerts get out. */
export function judgeCollector(situation: Situation): Verdict {
  const primary = primaryOf(situation);
  const known = primary?.facts.collector;
  if (primary === undefined || known === undefined) return { results: [], notes: [] };
  const { host } = primary;
  const results: Result[] = [];
  for (const [program, accepted] of Object.entries(known.reloads)) {
    const key = `reload/${program}`;
    const what = `${program} works with its present configuration`;
    const unit = units[program] ?? `${program}.service`;
    results.push(
      accepted
        ? fine(key, host.name, what)
        : wrong(key, host.name, what, {
            found: `${program} refused its last reload`,
            wanted: "a reload that it accepts",
            why: "it still works with the old configuration, and will not start with the new one; its journal names the line",
            type: [
              onHost(host, `journalctl -u ${unit} -p err -n 20 --no-pager`),
              onHost(host, `systemctl reload ${unit}`),
            ],
          }),
    );
  }
  if (known.targets !== undefined) {
    const [worst, ...more] = known.ruleErrors;
    results.push(
      worst === undefined
        ? fine("rules", host.name, "every alert rule can be evaluated")
        : wrong("rules", host.name, "every alert rule can be evaluated", {
            found: `${worst.rules} rules fail: ${worst.error}${more.length > 0 ? `, and ${more.length} other errors` : ""}`,
            wanted: "no errors",
            why: "an alert that cannot be evaluated never fires",
            type: [
              `make render STACK=${situation.stack.stack}`,
              onHost(host, "journalctl -u prometheus.service -n 50 --no-pager"),
            ],
          }),
    );
  }
  return { results: [...results, ...alerts(situation)], notes: [] };
}

function alerts(situation: Situation): Result[] {
  const primary = primaryOf(situation);
  const known = primary?.facts.collector;
  if (primary === undefined || known === undefined || primary.host.data.collector?.alertmanager === null) return [];
  const { host } = primary;
  const what = "alerts find their way out";
  const results: Result[] =
    known.alertmanagers === undefined || known.alertmanagers > 0
      ? [fine("alertmanagers", host.name, what)]
      : [
          wrong("alertmanagers", host.name, what, {
            found: "Prometheus knows no Alertmanager",
            wanted: "one",
            why: "alerts fire and nobody is told",
            type: [onHost(host, "systemctl status alertmanager.service")],
          }),
        ];
  for (const { labels, value } of known.metrics.unsent ?? []) {
    results.push(
      wrong(`notify/${labels.integration}`, host.name, what, {
        found: `${Math.round(value)} notifications by ${labels.integration} failed in the last 10 minutes`,
        wanted: "none",
        why: "the receiver is down, or does not take our login; Alertmanager's journal has its answer",
        type: [onHost(host, "journalctl -u alertmanager.service -n 20 --no-pager")],
      }),
    );
  }
  return results;
}
