import type { HostData, Json, JsonObject } from "../../plan/types";
import type { KnownHost } from "./fromState";

/** What people review, in the order in which it is shown. */
export const kinds = ["machine", "job", "rule", "route", "site", "secret", "setting"] as const;
export type Kind = (typeof kinds)[number];

/** Name of a thing -> what it is, in one line. */
export type Facts = Record<Kind, Map<string, string>>;

/** Everything of a host that can change, as names with a line each. What no kind of its own claims is a setting. */
export function factsOf({ machine, data }: KnownHost): Facts {
  // a scrape is a target, token included
  const { collector, targets, virtualHosts, secrets, alloy, kanidm, scrapes: _, ...rest } = data;
  const facts: Facts = {
    machine: new Map(Object.entries(machine ?? {}).map(([key, value]) => [key, line(value)])),
    job: new Map(targets.map((target) => [jobName(target), targetLine(target)])),
    rule: new Map(),
    route: new Map(),
    site: new Map(Object.entries(virtualHosts).map(([domain, site]) => [domain, `${site.upstream}, ${site.access}`])),
    secret: new Map(secrets.map(({ key, consumers }) => [key, `read by ${consumers.join(", ")}`])),
    setting: new Map(),
  };
  flatten("", rest as unknown as Json, facts.setting);
  // many lines, of which one changed would be shown as all
  for (const [number, text] of (alloy ?? "").split("\n").entries())
    if (text.trim() !== "") facts.setting.set(`config.alloy line ${number + 1}`, text.trim());
  if (kanidm !== null) flatten("kanidm", kanidm as unknown as Json, facts.setting);
  if (collector !== null) collect(collector as unknown as JsonObject, facts);
  return facts;
}

/** A job may have several targets on one host, such as two Redis instances. */
function jobName({ job, name }: HostData["targets"][number]): string {
  return name === job || name === `scrape:${job}` ? job : `${job} (${name})`;
}

function targetLine({ scheme, address, port, path, params, labels }: HostData["targets"][number]): string {
  const query = new URLSearchParams(params).toString();
  const url = `${scheme}://${address}:${port}${path}${query === "" ? "" : `?${query}`}`;
  return Object.keys(labels).length === 0 ? url : `${url} ${line(labels)}`;
}

function collect(collector: JsonObject, facts: Facts): void {
  const { prometheus, rules, alertmanager, ...rest } = collector;
  const { scrape_configs: jobs = [], ...others } = (prometheus ?? {}) as JsonObject;
  for (const job of jobs as JsonObject[]) facts.job.set(`scrape config ${String(job.job_name)}`, line(job));
  flatten("prometheus", others, facts.setting);
  for (const [file, content] of Object.entries((rules ?? {}) as Record<string, { groups?: JsonObject[] }>)) {
    for (const group of content.groups ?? []) {
      for (const rule of (group.rules ?? []) as JsonObject[]) ruleFact(file, group, rule, facts.rule);
    }
  }
  if (alertmanager !== null && alertmanager !== undefined) routes(alertmanager as JsonObject, facts);
  flatten("", rest, facts.setting);
}

/** An alert of one name may be there several times, with other labels: each is a rule of its own. */
function ruleFact(file: string, group: JsonObject, rule: JsonObject, into: Map<string, string>): void {
  const { alert, record, expr, for: wait, labels, ...more } = rule;
  const name = String(alert ?? record);
  const parts = [String(expr).replace(/\s+/g, " ").trim(), ...(wait === undefined ? [] : [`for ${line(wait)}`])];
  if (labels !== undefined) parts.push(line(labels));
  if (Object.keys(more).length > 0) parts.push(line(more));
  const base = `${name} (${file}, ${String(group.name)})`;
  let key = base;
  for (let count = 2; into.has(key); count += 1) key = `${base} #${count}`;
  into.set(key, parts.join("; "));
}

function routes(alertmanager: JsonObject, facts: Facts): void {
  const { route, receivers, inhibit_rules: inhibit = [], ...rest } = alertmanager;
  const walk = (node: JsonObject, path: string): void => {
    const { routes: inner = [], ...own } = node;
    const match = (own.matchers as string[] | undefined)?.join(" and ") ?? "everything else";
    const name = path === "" ? "root" : `${path} ${match} -> ${String(own.receiver ?? "as above")}`;
    facts.route.set(name, line(own));
    for (const child of inner as JsonObject[]) walk(child, `${path}>`);
  };
  walk((route ?? {}) as JsonObject, "");
  for (const receiver of (receivers ?? []) as JsonObject[])
    facts.route.set(`receiver ${String(receiver.name)}`, line(receiver));
  for (const [number, rule] of (inhibit as JsonObject[]).entries())
    facts.route.set(`inhibition ${number + 1}`, line(rule));
  flatten("alertmanager", rest, facts.setting);
}

function flatten(path: string, value: Json | undefined, into: Map<string, string>): void {
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value)) flatten(path === "" ? key : `${path}.${key}`, inner, into);
  } else if (value !== undefined) into.set(path, line(value));
}

function line(value: unknown): string {
  return typeof value === "string" ? value.replace(/\s+/g, " ").trim() : JSON.stringify(value);
}
