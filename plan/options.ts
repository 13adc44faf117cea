import type { Duration } from "./types";

/** The options under `server.monitoring`, as the stack config may state them: whatever is absent is automatic or default. */
export interface MonitoringOptions {
  enable?: boolean | undefined;
  retention?:
    | { metrics?: Duration | undefined; logs?: Duration | undefined; metricsSize?: string | undefined }
    | undefined;
  exporters?: Partial<Record<string, { enable?: boolean | undefined; port?: number | undefined }>> | undefined;
  logs?: { enable?: boolean | undefined } | undefined;
  collector?:
    | {
        enable?: boolean | undefined;
        grafana?: { kanidm?: { enable?: boolean | undefined } | undefined } | undefined;
        alerting?:
          | {
              enable?: boolean | undefined;
              homeAssistant?: { enable?: boolean | undefined; url?: string | undefined } | undefined;
              nextcloudTalk?:
                | {
                    enable?: boolean | undefined;
                    url?: string | undefined;
                    room?: string | undefined;
                    user?: string | undefined;
                  }
                | undefined;
              heartbeat?: { enable?: boolean | undefined } | undefined;
            }
          | undefined;
        proxmox?: { enable?: boolean | undefined } | undefined;
      }
    | undefined;
  /** Threshold overrides: alert name -> numeric thresholds by name, or `{ enable: false }`. */
  alerts?:
    | Record<
        string,
        { enable?: boolean | undefined; for?: Duration | undefined; thresholds?: Record<string, number> | undefined }
      >
    | undefined;
}

/** Options with every automatic value decided; the same names as `server.monitoring.*` on the host. */
export interface ResolvedOptions {
  enable: boolean;
  retention: { metrics: Duration; logs: Duration; metricsSize: string };
  exporters: Record<string, { enable: boolean; port: number }>;
  logs: { enable: boolean };
  collector: {
    enable: boolean;
    grafana: { kanidm: { enable: boolean } };
    alerting: {
      enable: boolean;
      homeAssistant: { enable: boolean };
      nextcloudTalk: { enable: boolean };
      heartbeat: { enable: boolean };
    };
    proxmox: { enable: boolean; verifyTls: boolean };
  };
}

/** What a host is told: an exporter that nobody turned on or off is left to the host's own automatic default. */
export type ToldOptions = Omit<ResolvedOptions, "exporters"> & {
  exporters: Record<string, { enable?: boolean; port: number }>;
};
