import { probeJob } from "../../../plan/probes";
import type { Certificate } from "../collectorFacts";
import { fine, type Result, type Verdict, wrong } from "../result";
import { onHost, primaryOf, type Situation } from "./situation";

const dayMs = 86_400_000;
/** Whoever renews does so with a third of the life left; with a sixth, or two weeks, renewal has failed more than once. */
const lateShare = 6;
const lateMs = 14 * dayMs;

/** Each site as the primary's probe sees it, and its certificate. */
export function judgeSites(situation: Situation): Verdict {
  const known = primaryOf(situation)?.facts.collector;
  if (known === undefined) return { results: [], notes: [] };
  const probes = Object.values(situation.stack.scrapeTargets)
    .flat()
    .filter(({ job }) => job === probeJob);
  const results = probes.flatMap((target) => {
    const of = ({ labels }: { labels: Record<string, string> }) => labels.instance === target.labels.instance;
    const domain = target.name.slice(target.name.indexOf(":") + 1);
    const success = known.metrics.probe?.find(of);
    if (success === undefined) return [];
    const status = known.metrics.probeStatus?.find(of)?.value ?? 0;
    return [site(domain, target.host, success.value === 1, status, situation)];
  });
  const owner = (domain: string) => probes.find(({ name }) => name === `probe:${domain}`)?.host;
  for (const each of known.certificates) {
    results.push(certificateResult(each, owner(each.domain) ?? situation.stack.primary ?? "", situation));
  }
  return { results, notes: [] };
}

function site(domain: string, host: string, up: boolean, status: number, situation: Situation): Result {
  const key = `site/${domain}`;
  const what = `${domain} answers`;
  if (up) return fine(key, host, what);
  const io = ioHost(situation);
  const upstream = io?.data.virtualHosts[domain]?.upstream;
  return wrong(key, host, what, {
    found: status === 0 ? `${domain} does not answer to the primary's probe` : `${domain} answers ${status}`,
    wanted: "200 to 299",
    why:
      status === 502 || status === 503
        ? `Caddy runs, but not what is behind it${upstream === undefined ? "" : ` (${upstream})`}`
        : "the site, its name or its certificate is wrong; the probe's own log says which",
    type: [
      ...(io === undefined ? [] : [onHost(io, "journalctl -u caddy.service -n 20 --no-pager")]),
      `curl -v https://${domain}/`,
    ],
  });
}

export function certificateResult({ domain, start, expiry }: Certificate, host: string, situation: Situation): Result {
  const key = `certificate/${domain}`;
  const what = `the certificate of ${domain} is good for long enough`;
  const left = expiry.getTime() - situation.now.getTime();
  const life = expiry.getTime() - start.getTime();
  if (left > Math.min(lateMs, life / lateShare)) return fine(key, host, what);
  const io = ioHost(situation);
  return wrong(key, host, what, {
    found: `the certificate of ${domain} ${left <= 0 ? "expired" : "expires"} on ${expiry.toISOString().slice(0, 16)}Z`,
    wanted: life > 0 ? `one that was renewed in time (its life is ${span(life)})` : "one that is valid now",
    why: "the automatic renewal fails: the server's journal says why",
    type: io === undefined ? [] : [onHost(io, "journalctl -u caddy.service -n 50 --no-pager")],
    explains: [`site/${domain}`],
  });
}

function ioHost({ stack }: Situation) {
  const primary = stack.hosts[stack.primary ?? ""];
  return stack.hosts[primary?.data.allocations.ioPrimaryHost ?? ""];
}

function span(milliseconds: number): string {
  const days = milliseconds / dayMs;
  return days < 2 ? `${Math.round(days * 24)} hours` : `${Math.round(days)} days`;
}
