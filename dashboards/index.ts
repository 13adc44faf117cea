import type { Dashboard, DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { alertHistory } from "./alertHistory";
import { caddy } from "./caddy";
import { host } from "./host";
import { logs } from "./logs";
import { monitoring } from "./monitoring";
import { nixos } from "./nixos";
import { overview } from "./overview";
import { postgres } from "./postgres";
import { probes } from "./probes";
import { proxmox } from "./proxmox";
import { redis } from "./redis";

/** To add a dashboard: a file beside this one, and a row here. The name becomes the file name. */
const all: Record<string, () => DashboardBuilder> = {
  overview,
  host,
  logs,
  probes,
  alerts: alertHistory,
  caddy,
  postgres,
  redis,
  proxmox,
  nixos,
  monitoring,
};

/** All dashboards as Grafana reads them, by file name. */
export function dashboards(): Record<string, Dashboard> {
  return Object.fromEntries(Object.entries(all).map(([name, build]) => [`${name}.json`, build().build()]));
}
