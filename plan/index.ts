/** The plan as a library: plain data in, plain data out. */

export { type FileSdGroup, fileSdOfTargets } from "./fileSd";
export { type ClusterPlan, type PlanContent, planCluster } from "./plan";
export { homeAssistantWebhookUrl, secretKeys, talkChatUrl } from "./secrets";
export { type Manifest, parseManifest, targetsOfManifest } from "./targets";
export type {
  ClusterConfig,
  FreeScrape,
  HostConfig,
  HostData,
  MonitoringOptions,
  ProbeOptions,
  Problem,
  ResolvedOptions,
  ScrapeTarget,
  SecretNeed,
  VirtualHost,
} from "./types";
