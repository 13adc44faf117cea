import { catalog, requireRow } from "./catalog";
import { lokiGrpcPort } from "./loki";
import type { CatalogRow, HostData } from "./types";

/** A TCP socket that this project opens on a host. */
export interface ListeningSocket {
  /** What listens: a row of the catalog, `caddy-admin`, `loki-grpc`, or `site` for Caddy's sites. */
  name: string;
  /** Address that it is bound to; `*` is every one. */
  address: string;
  port: number;
  /** Addresses and ranges (CIDR) that may connect, beside the host itself; empty: the host alone. */
  openTo: string[];
}

/** Everyone, as a range of each family. */
const everyone = ["0.0.0.0/0", "::/0"];

/** Every socket that a host's monitoring listens on. What else listens there (sshd, databases, applications) is its owner's business. */
export function listeningSockets(data: HostData): ListeningSocket[] {
  if (!data.monitoring.enable) return [];
  // what runs there is what is scraped there; an exporter may have several targets (`redis`, `redis:sessions`) on its one socket
  const sockets = catalog.flatMap((row) => {
    const target = data.targets.find(({ name }) => name === row.name || name.startsWith(`${row.name}:`));
    if (target === undefined) return [];
    const { address, port } = target;
    return [{ name: row.name, address, port, openTo: others(data, openTo(row, data)) }];
  });
  const loopback = (name: string, port: number) => ({ name, address: "127.0.0.1", port, openTo: [] });
  // Caddy's metrics page has a site of its own; its admin API, which can change everything, stays on the loopback
  if (sockets.some(({ name }) => name === "caddy")) sockets.push(loopback("caddy-admin", requireRow("caddy").port));
  if (data.collector !== null) sockets.push(loopback("loki-grpc", lokiGrpcPort));
  if (Object.keys(data.virtualHosts).length > 0) {
    for (const port of [80, 443]) sockets.push({ name: "site", address: "*", port, openTo: everyone });
  }
  return sockets;
}

function openTo({ openTo: whom }: CatalogRow, { addresses, lan }: HostData): string[] {
  switch (whom) {
    case "primary":
      return [addresses.monitoringPrimary];
    case "ioPrimary":
      return addresses.ioPrimary === null ? [] : [addresses.ioPrimary];
    case "lan":
      return lan;
    case "nobody":
      return [];
  }
}

function others(data: HostData, sources: string[]): string[] {
  return sources.filter((source) => source !== data.address);
}
