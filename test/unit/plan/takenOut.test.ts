import { planCluster } from "../../../plan/plan";
import { cluster, content } from "./fixture";

/** What the hosts that stay are told, as text: targets are files of their own, so here it is rules, firewall, routes and probes. */
function toldToOthers(names: readonly string[]): string {
  const config = cluster();
  const hosts = config.hosts.filter(({ name }) => names.includes(name));
  const plan = planCluster({ ...config, hosts }, content);
  expect(plan.errors).toEqual([]);
  return JSON.stringify(Object.values(plan.hosts).filter(({ host }) => host !== "nixserv"));
}

test("a host taken out of the configuration is in nothing that the others are told", () => {
  expect(toldToOthers(["nixmon", "nixio", "nixcloud"])).not.toMatch(/nixserv|10\.0\.0\.14/);
});

test("control: a host with a site is told to others, and would be found", () => {
  expect(toldToOthers(["nixmon", "nixio", "nixcloud"])).toMatch(/10\.0\.0\.13/);
});
