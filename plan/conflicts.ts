import { isPort } from "./address";
import { catalog } from "./catalog";
import type { PlannedHost } from "./cluster";
import { probeJob } from "./probes";
import { portOf, runs } from "./roles";
import type { Problem } from "./types";

/** Something that wants a name or a port on a host. */
interface Claim {
  key: string;
  what: string;
}

/** Bad ports, and two things on one port of a host. Loopback counts: most daemons also listen there. */
export function portProblems({ config, options }: PlannedHost): Problem[] {
  const key = `hosts.${config.name}`;
  const problems: Problem[] = [];
  const taken = new Map<number, Claim>();
  const claim = (port: number, mine: Claim) => {
    const other = taken.get(port);
    if (other === undefined) taken.set(port, mine);
    else
      problems.push({
        key: mine.key,
        got: `${port}, which ${other.what} uses`,
        want: `a port of its own for ${mine.what}`,
      });
  };
  const check = (port: number, mine: Claim) => {
    if (isPort(port)) claim(port, mine);
    else problems.push({ key: mine.key, got: JSON.stringify(port), want: "a port, 1 to 65535" });
  };
  for (const row of catalog.filter((candidate) => runs(candidate, options))) {
    const stated =
      row.kind === "exporter" ? `${key}.monitoring.exporters.${row.name}.port` : `${key}.monitoring.collector`;
    // a bad one is a mistake of the option that states it, see `optionProblems`
    if (isPort(portOf(row, options))) claim(portOf(row, options), { key: stated, what: `${row.kind} ${row.name}` });
  }
  for (const [name, { port }] of Object.entries(config.redisInstances)) {
    check(port, { key: `${key}.redisInstances.${name}.port`, what: `redis instance ${name}` });
  }
  config.scrapes.forEach((scrape, index) => {
    check(scrape.port, { key: `${key}.scrapes[${index}].port`, what: `scrape ${scrape.job}` });
  });
  return problems;
}

/** Of a free scrape's job or bearer token. */
export function isScrapeName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text);
}

/** Bad names of free scrapes, and two jobs of one name on a host. */
export function jobProblems({ config, options }: PlannedHost, fleet: boolean): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, string>([[probeJob, "the probes of virtual hosts"]]);
  for (const row of catalog.filter((candidate) => runs(candidate, options)))
    taken.set(row.job, `${row.kind} ${row.name}`);
  config.scrapes.forEach((scrape, index) => {
    const key = `hosts.${config.name}.scrapes[${index}]`;
    const got = JSON.stringify(scrape.job);
    const other = taken.get(scrape.job);
    if (!isScrapeName(scrape.job))
      problems.push({ key: `${key}.job`, got, want: "a job name of letters, digits, - and _" });
    else if (other !== undefined)
      problems.push({ key: `${key}.job`, got: `${got}, the job of ${other}`, want: "another name" });
    taken.set(scrape.job, `scrapes[${index}]`);
    if (!scrape.path.startsWith("/")) {
      problems.push({ key: `${key}.path`, got: JSON.stringify(scrape.path), want: "a path that begins with /" });
    }
    const token = scrape.bearerTokenSecret;
    if (token !== undefined && fleet) {
      const want = "no token: only the stack that owns the primary can give it to Prometheus";
      problems.push({ key: `${key}.bearerTokenSecret`, got: JSON.stringify(token), want });
    } else if (token !== undefined && !isScrapeName(token)) {
      problems.push({
        key: `${key}.bearerTokenSecret`,
        got: JSON.stringify(token),
        want: "a name of letters, digits, - and _",
      });
    }
  });
  return problems;
}
