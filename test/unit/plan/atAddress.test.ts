import { atAddress, placeholder } from "../../../plan/atAddress";
import { planCluster } from "../../../plan/plan";
import { cluster } from "./fixture";

test("no placeholder is the beginning of another", () => {
  const all = Array.from({ length: 300 }, (_, index) => placeholder(index));
  expect(new Set(all).size).toBe(300);
  expect(all.every((one) => /^198\.18\.\d{3}\.\d{3}$/.test(one))).toBe(true);
});

test("a host planned with a placeholder is, at its found address, the host planned with that address", () => {
  const config = cluster();
  const last = config.hosts.length - 1;
  const planAt = (address: string) => {
    const hosts = config.hosts.map((host, index) => (index === last ? { ...host, address } : host));
    const data = Object.values(planCluster({ ...config, hosts }, { rules: {} }).hosts).find(
      ({ host }) => host === config.hosts[last]?.name,
    );
    if (data === undefined) throw new Error("the host is not in the plan");
    return data;
  };
  expect(atAddress(planAt(placeholder(last)), "10.0.0.99")).toEqual(planAt("10.0.0.99"));
});
