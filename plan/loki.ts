import { requireRow } from "./catalog";
import type { Duration, JsonObject } from "./types";

const dataFolder = "/var/lib/loki";

/** On the loopback: only Loki itself speaks gRPC to Loki. */
export const lokiGrpcPort = 9096;

/** How old an entry may be when it arrives: a week, so that what hosts kept during an outage is still taken. */
export const oldestAccepted = "168h";

/**
 * loki.yaml: one process, index and chunks on the local disk.
 * @param address the primary's own address; every host pushes to it
 * @param retention after this, entries are deleted
 */
export function lokiConfig(address: string, retention: Duration): JsonObject {
  return {
    auth_enabled: false,
    server: {
      http_listen_address: address,
      http_listen_port: requireRow("loki").port,
      // only Loki itself speaks gRPC to Loki
      grpc_listen_address: "127.0.0.1",
      grpc_listen_port: lokiGrpcPort,
      log_level: "warn",
    },
    common: {
      path_prefix: dataFolder,
      replication_factor: 1,
      instance_addr: "127.0.0.1",
      ring: { instance_addr: "127.0.0.1", kvstore: { store: "inmemory" } },
    },
    schema_config: {
      configs: [
        // deletion works with an index of 24 hours only; the date is before any log this product has stored
        {
          from: "2024-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    storage_config: {
      filesystem: { directory: `${dataFolder}/chunks` },
      tsdb_shipper: { active_index_directory: `${dataFolder}/tsdb-index`, cache_location: `${dataFolder}/tsdb-cache` },
    },
    compactor: {
      // a retention period alone deletes nothing: the compactor has to be told, and where its delete requests are
      working_directory: `${dataFolder}/compactor`,
      retention_enabled: true,
      delete_request_store: "filesystem",
      retention_delete_delay: "2h",
      compaction_interval: "10m",
    },
    limits_config: {
      retention_period: retention,
      reject_old_samples: true,
      reject_old_samples_max_age: oldestAccepted,
      allow_structured_metadata: true,
      volume_enabled: true,
      // the default of 30 days would refuse queries over the whole retention
      max_query_length: "0s",
    },
    analytics: { reporting_enabled: false },
  };
}
