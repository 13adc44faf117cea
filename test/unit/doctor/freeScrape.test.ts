import { diagnose } from "../../../cli/doctor/judge/judge";
import { fileSdOfTargets } from "../../../plan/fileSd";
import type { ScrapeTarget } from "../../../plan/types";
import { healthy, now, scrapeUrl, stack } from "./situation";

const app: ScrapeTarget = {
  name: "scrape:app",
  host: "nixio",
  job: "app",
  scheme: "http",
  address: "10.0.0.12",
  port: 8088,
  path: "/metrics",
  labels: {},
  params: {},
};
const url = "http://10.0.0.12:8088/metrics";

/** What doctor says of a program of the owner's own that Prometheus scrapes without success, and of `others` that are down like it. */
function findings(lastError: string, others: readonly string[] = []) {
  const wanted = [...(stack.scrapeTargets.nixio ?? []), app];
  const situation = {
    ...healthy(),
    stack: { ...stack, scrapeTargets: { ...stack.scrapeTargets, nixio: wanted } },
  };
  const collector = situation.facts.nixmon?.collector;
  if (collector === undefined) throw new Error("the fixture has no primary");
  collector.files.nixio = fileSdOfTargets(wanted);
  collector.targets?.push({
    labels: { host: "nixio", job: "app", instance: "nixio" },
    scrapeUrl: scrapeUrl(app),
    health: "up",
    lastError: "",
    lastScrape: now.toISOString(),
    scrapeInterval: "15s",
  });
  for (const target of collector.targets ?? []) {
    const name = target.labels.job ?? "";
    if (target.labels.host === "nixio" && (name === "app" || others.includes(name)))
      Object.assign(target, { health: lastError === "" ? "up" : "down", lastError });
  }
  return diagnose(situation).results.flatMap(({ key, finding, explainedBy }) =>
    finding === undefined || explainedBy !== undefined ? [] : [{ key, ...finding }],
  );
}

test("control: one that answers is no finding", () => {
  expect(findings("")).toEqual([]);
});

test.each([
  [
    `Get "${url}": dial tcp 10.0.0.12:8088: connect: connection refused`,
    "nothing listens on port 8088 of nixio, or only for the host itself; or a firewall refuses the primary",
  ],
  [`Get "${url}": context deadline exceeded`, "the program is too slow, or a firewall drops the primary's connections"],
  ["server returned HTTP status 404 Not Found", "the program has no page /metrics: is `path` of the scrape right?"],
  [
    "server returned HTTP status 401 Unauthorized",
    "the program wants another token, or none was given: `bearerTokenSecret` of the scrape",
  ],
  [
    "server returned HTTP status 403 Forbidden",
    "the program wants another token, or none was given: `bearerTokenSecret` of the scrape",
  ],
  ['received unsupported Content-Type "text/html"', "what answers there gives no metrics"],
])(
  "%s: the cause is told, and no firewall is blamed on the strength of a check that there is not",
  (lastError, why) => {
    expect(findings(lastError)).toEqual([
      expect.objectContaining({
        key: "target/nixio/scrape:app",
        found: `scrape:app is down for Prometheus: ${lastError}`,
        why,
        type: [`ssh root@10.0.0.11 'curl -sv ${url} -o /dev/null'`, "ssh root@10.0.0.12 'ss -tlnp'"],
      }),
    ]);
  },
);

test("where the host's exporters are out of reach, too, that is the one finding", () => {
  const cut = findings(`Get "${url}": context deadline exceeded`, ["node"]);
  expect(cut.map(({ key }) => key)).toEqual(["network/nixio"]);
});
