import { listeningSockets } from "../../../plan/exposure";
import { planCluster } from "../../../plan/plan";
import type { ClusterConfig } from "../../../plan/types";
import { cluster, content, withHost } from "./fixture";

/** `name address:port <- who may connect`, as lines. */
function sockets(name: string, config: ClusterConfig = cluster()): string[] {
  const data = planCluster(config, content).hosts[name];
  if (data === undefined) throw new Error(`${name} is not in the plan`);
  const lines = listeningSockets(data).map(
    (one) => `${one.name} ${one.address}:${one.port} <- ${one.openTo.join(" ")}`,
  );
  return lines.map((line) => line.trim()).sort();
}

describe("sockets that are declared", () => {
  test("on the primary are open to the IO primary, Loki to the LAN, what watches for itself to nobody", () => {
    expect(sockets("nixmon")).toEqual([
      "alertmanager 127.0.0.1:9093 <-",
      "alloy 10.0.0.11:12345 <-",
      "blackbox 127.0.0.1:9115 <-",
      "grafana 10.0.0.11:3000 <- 10.0.0.12",
      "loki 10.0.0.11:3100 <- 10.0.0.0/24",
      "loki-grpc 127.0.0.1:9096 <-",
      "node 10.0.0.11:9100 <-",
      "prometheus 10.0.0.11:9090 <- 10.0.0.12",
      "pve 127.0.0.1:9221 <-",
    ]);
  });

  test("on the IO primary are open to the primary, its sites to everyone, Caddy's admin API to nobody", () => {
    expect(sockets("nixio")).toEqual([
      "alloy 10.0.0.12:12345 <- 10.0.0.11",
      "caddy 10.0.0.12:2019 <- 10.0.0.11",
      "caddy-admin 127.0.0.1:2019 <-",
      "node 10.0.0.12:9100 <- 10.0.0.11",
      "postgres 10.0.0.12:9187 <- 10.0.0.11",
      "redis 10.0.0.12:9121 <- 10.0.0.11",
      "site *:443 <- 0.0.0.0/0 ::/0",
      "site *:80 <- 0.0.0.0/0 ::/0",
    ]);
  });

  test("on another host are its exporter and its log shipper", () => {
    expect(sockets("nixserv")).toEqual(["alloy 10.0.0.14:12345 <- 10.0.0.11", "node 10.0.0.14:9100 <- 10.0.0.11"]);
  });

  test("follow an exporter's port", () => {
    const config = withHost("nixserv", { monitoring: { exporters: { node: { port: 9999 } } } });
    expect(sockets("nixserv", config).join("\n")).toMatch(/^node [\d.]+:9999 <-/m);
  });

  test("are none where monitoring is off", () => {
    expect(sockets("nixserv", withHost("nixserv", { monitoring: { enable: false } }))).toEqual([]);
  });
});
