import { hostPort } from "./address";
import type { ScrapeTarget } from "./types";

/** One entry of a Prometheus `file_sd` file. */
export interface FileSdGroup {
  targets: string[];
  labels: Record<string, string>;
}

/** The content of `targets/<host>.json` on the primary. */
export function fileSdOfTargets(targets: readonly ScrapeTarget[]): FileSdGroup[] {
  return targets.map((target) => ({
    targets: [hostPort(target.address, target.port)],
    labels: {
      ...target.labels,
      job: target.job,
      host: target.host,
      __metrics_path__: target.path,
      __scheme__: target.scheme,
      ...Object.fromEntries(Object.entries(target.params).map(([name, value]) => [`__param_${name}`, value])),
    },
  }));
}
