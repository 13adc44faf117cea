import { hostPort } from "../../../plan/address";
import { durationMs } from "../../../plan/duration";
import { fileSdOfTargets } from "../../../plan/fileSd";
import type { ScrapeTarget } from "../../../plan/types";
import type { CollectorFacts, ScrapedTarget } from "../collectorFacts";
import { fine, type Result, type Verdict, wrong } from "../result";
import { rowsOf } from "./gate";
import { onHost, primaryOf, restore, type Situation, turnedOff } from "./situation";

/** A target whose last scrape is older than this many intervals is not scraped any more. */
const staleIntervals = 4;

/** Whether Prometheus scrapes what the stacks say: each target once as a file, once as a scrape. */
export function judgeTargets(situation: Situation): Verdict {
  const primary = primaryOf(situation);
  const collector = primary?.facts.collector;
  if (primary === undefined || collector === undefined) return { results: [], notes: [] };
  const name = primary.host.name;
  if (collector.targets === undefined) {
    const finding = wrong("prometheus", name, "Prometheus answers", {
      found: "Prometheus gives no list of its targets",
      wanted: "an answer of its API within 8 s",
      why: "it is starting (reading its write-ahead log may take minutes), or hangs",
      type: [onHost(primary.host, "journalctl -u prometheus.service -n 50 --no-pager")],
      explains: ["target/*", "network/*", "alertmanagers", "forecast/prometheus"],
    });
    return { results: [finding], notes: [] };
  }
  const verdict: Verdict = { results: [], notes: [] };
  for (const [host, wanted] of Object.entries(situation.stack.scrapeTargets)) {
    verdict.results.push(file(host, wanted, collector, situation));
    const judged = wanted.map((target) => judgeTarget(target, collector, situation));
    verdict.results.push(...judged.map(({ result }) => result));
    const cut = judged.filter(({ blocked }) => blocked).map(({ result }) => result);
    const free = judged.filter((_, place) => isFree(wanted[place])).map(({ result }) => result);
    if (cut.length > 0) verdict.results.push(network(host, cut, free, wanted, situation));
    for (const { back } of judged) if (back) verdict.notes.push({ host, text: back });
    const waiting = wanted.filter((_, place) => judged[place]?.waiting).map(({ name }) => name);
    if (waiting.length > 0) verdict.notes.push({ host, text: `not scraped yet: ${waiting.join(", ")}` });
  }
  verdict.results.push(...leftOver(collector, situation));
  return verdict;
}

function file(host: string, wanted: readonly ScrapeTarget[], { files }: CollectorFacts, situation: Situation): Result {
  const key = `file/${host}`;
  const what = `Prometheus is told of ${host}'s targets`;
  const found = files[host];
  const path = `/var/lib/nixmon/targets/${host}.json`;
  if (found !== undefined && same(found, fileSdOfTargets(wanted))) return fine(key, host, what);
  return wrong(key, host, what, {
    found: found === undefined ? `${path} is not there on the primary` : `${path} on the primary says something else`,
    wanted: `the ${wanted.length} targets that ${host} offers`,
    why: "somebody changed it by hand: the stack writes it only when the targets change",
    type: [restore(situation, host)],
    explains: [`target/${host}/*`, `network/${host}`],
  });
}

/** Whether two lists say the same, in whatever order. */
function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return sorted(one) === sorted(other);
}

function sorted(list: readonly unknown[]): string {
  return list.map(canonical).sort().join("\n");
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

interface JudgedTarget {
  result: Result;
  /** The exporter answers on its host, but not to the primary. */
  blocked?: boolean;
  /** It was down at the last scrape and answers again. */
  back?: string;
  /** Prometheus knows it and has not come to it yet. */
  waiting?: boolean;
}

function judgeTarget(target: ScrapeTarget, collector: CollectorFacts, situation: Situation): JudgedTarget {
  const { host, name } = target;
  const own = situation.stack.hosts[host];
  const key = `target/${host}/${name}`;
  const what = `Prometheus scrapes ${name}`;
  const active = collector.targets?.find((each) => isTarget(each, target));
  if (active === undefined) {
    return {
      result: wrong(key, host, what, {
        found: `Prometheus has no target ${name} of ${host}`,
        wanted: `a scrape of ${target.scheme}://${hostPort(target.address, target.port)}${target.path}`,
        why: "its file is there, so Prometheus did not read it: its configuration or the file's rights are wrong",
        type: primaryCommand(situation, "journalctl -u prometheus.service -n 50 --no-pager"),
      }),
    };
  }
  const age = (situation.now.getTime() - Date.parse(active.lastScrape)) / 1000;
  if (active.health === "unknown") return { result: fine(key, host, what), waiting: true };
  if (active.health === "up" && age > (staleIntervals * (durationMs(active.scrapeInterval) ?? 15_000)) / 1000) {
    return {
      result: wrong(key, host, what, {
        found: `the last scrape of ${name} was ${Math.round(age)} s ago`,
        wanted: `one every ${active.scrapeInterval}`,
        why: "Prometheus is overloaded or hangs, or the clocks differ",
        type: primaryCommand(situation, "journalctl -u prometheus.service -n 50 --no-pager"),
      }),
    };
  }
  if (active.health === "up") return { result: fine(key, host, what) };
  if ((collector.answersNow[active.scrapeUrl] ?? 0) === 200) {
    return { result: fine(key, host, what), back: `${name} was down at the last scrape and answers again` };
  }
  return {
    blocked: answersAtHome(target, situation) && isRemote(target),
    result: wrong(key, host, what, {
      found: `${name} is down for Prometheus: ${active.lastError}`,
      wanted: "up",
      why: cause(target, active.lastError, situation),
      type: [
        ...primaryCommand(situation, `curl -sv ${active.scrapeUrl} -o /dev/null`),
        ...(isFree(target) && own !== undefined ? [onHost(own, "ss -tlnp")] : []),
      ],
    }),
  };
}

/** A program of the owner's own, of which the host's gate checks nothing. */
function isFree(target: ScrapeTarget | undefined): boolean {
  return target?.name.startsWith("scrape:") === true;
}

function cause(target: ScrapeTarget, lastError: string, { stack }: Situation): string {
  if (stack.hosts[target.host] === undefined) return "the host belongs to another stack: let doctor look at that one";
  if (!isFree(target)) return "see the host's own checks";
  if (lastError.includes("connection refused"))
    return `nothing listens on port ${target.port} of ${target.host}, or only for the host itself; or a firewall refuses the primary`;
  if (/deadline exceeded|timeout|no route/.test(lastError))
    return "the program is too slow, or a firewall drops the primary's connections";
  if (/HTTP status 40[13]/.test(lastError))
    return "the program wants another token, or none was given: `bearerTokenSecret` of the scrape";
  if (lastError.includes("HTTP status 404"))
    return `the program has no page ${target.path}: is \`path\` of the scrape right?`;
  return "what answers there gives no metrics";
}

function isTarget({ labels, scrapeUrl }: ScrapedTarget, target: ScrapeTarget): boolean {
  if (labels.host !== target.host || labels.job !== target.job) return false;
  const url = new URL(scrapeUrl);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return (
    hostPort(url.hostname.replace(/^\[|\]$/g, ""), Number(port)) === hostPort(target.address, target.port) &&
    url.pathname === target.path &&
    Object.entries(target.params).every(([name, value]) => url.searchParams.get(name) === value)
  );
}

/** By the host's own gate, which knows nothing of what is turned off there. */
function answersAtHome(target: ScrapeTarget, { stack, facts }: Situation): boolean {
  const { host, name } = target;
  if (isFree(target)) return false;
  const [row = ""] = name.split(":");
  const [deployed, known] = [stack.hosts[host], facts[host]];
  if (known?.gate === undefined || known.gate.failing.some((each) => rowsOf(each).includes(row))) return false;
  return deployed === undefined || !turnedOff(deployed, known).includes(row);
}

function isRemote({ address }: ScrapeTarget): boolean {
  return address !== "127.0.0.1";
}

/** Several targets of one host that are healthy there and out of reach here have one cause, and so have its free scrapes by then. */
function network(
  host: string,
  cut: readonly Result[],
  free: readonly Result[],
  wanted: readonly ScrapeTarget[],
  situation: Situation,
): Result {
  const names = cut.map(({ key }) => key.slice(key.lastIndexOf("/") + 1));
  const ports = wanted.filter(({ name }) => names.includes(name)).map(({ port }) => port);
  const own = situation.stack.hosts[host];
  return wrong(`network/${host}`, host, "the primary reaches the host's exporters", {
    found: `${names.join(", ")} ${names.length === 1 ? "answers" : "answer"} on ${host} itself, but not to the primary (port ${ports.join(", ")})`,
    wanted: "the primary's address let in on these ports, and nobody else's",
    why: "a firewall on the host or on the way drops the primary's connections",
    type:
      own === undefined
        ? []
        : [onHost(own, "nft list ruleset"), onHost(own, "systemctl restart firewall.service nftables.service")],
    explains: [...cut, ...free].map(({ key }) => key),
  });
}

/** Files of hosts that no stack names any more. */
function leftOver({ files }: CollectorFacts, situation: Situation): Result[] {
  const known = situation.stack.scrapeTargets;
  return Object.keys(files)
    .filter((host) => known[host] === undefined)
    .map((host) =>
      wrong(`file/${host}`, host, "Prometheus is told of known hosts only", {
        found: `the primary has targets of ${host}, which no stack names`,
        wanted: "no such file",
        why: "the host was taken out while the primary could not be reached",
        type: primaryCommand(situation, `rm /var/lib/nixmon/targets/${host}.json`),
      }),
    );
}

function primaryCommand(situation: Situation, command: string): string[] {
  const primary = primaryOf(situation);
  return primary === undefined ? [] : [onHost(primary.host, command)];
}
