/** The components and what their arguments are made of; the package's public face. */

export type { ProxmoxApi } from "../cli/proxmox/api";
export type { Activation, HostLimits } from "../cli/push/remote";
export type { Connection } from "../cli/push/ssh";
export { planCluster } from "../plan/plan";
export type { ClusterConfig, HostConfig, HostData, MonitoringOptions, ScrapeTarget } from "../plan/types";
export { ExporterHost, type ExporterHostArgs, type SshArgs } from "./exporterHost";
export { GrafanaOAuthClient, type GrafanaOAuthClientArgs } from "./grafanaOAuthClient";
export type { DataDisk, MachineArgs, ProvisionedMachine, VmSource } from "./internal/machine";
export { MonitoringPrimary, type MonitoringPrimaryArgs, type MonitoringUrls } from "./monitoringPrimary";
export { ProxmoxToken, type ProxmoxTokenArgs } from "./proxmoxToken";
