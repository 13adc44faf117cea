import type { JsonObject } from "./types";

/** blackbox.yml: the modules that `probeModule` chooses from, and one for bare TCP ports that free scrapes may name. */
export function blackboxConfig(): JsonObject {
  return {
    modules: {
      http_2xx: http({}),
      https_2xx: http({ fail_if_not_ssl: true }),
      // for networks with certificates of their own; expiry is still measured
      https_2xx_insecure: http({ fail_if_not_ssl: true, tls_config: { insecure_skip_verify: true } }),
      tcp_connect: { prober: "tcp", timeout: "5s" },
    },
  };
}

/** Shorter than Prometheus' scrape timeout, so that a slow site is a failed probe and not a missing one. */
const timeout = "8s";

function http(more: JsonObject): JsonObject {
  return { prober: "http", timeout, http: { preferred_ip_protocol: "ip4", ip_protocol_fallback: true, ...more } };
}
