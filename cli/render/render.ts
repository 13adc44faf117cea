import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ClusterForecast, forecastCluster } from "../../plan/sizing";
import { loadStackConfig, readStack } from "../../stacks/config";
import { planStack } from "../../stacks/plan";
import { packageRoot } from "../push/release";
import { readDashboards } from "./dashboards";
import { renderedHosts } from "./files";
import { knownHardware } from "./forecast";
import { type WrittenHost, writeHosts } from "./write";

export interface RenderRequest {
  stack: string;
  /** Folder above the stack's own. */
  out: string;
  /** Folder of `Pulumi.<stack>.yaml`. */
  project: string;
  /** Folder of `alerts/` and `dist/dashboards/`. Default: the package's own. */
  root?: string | undefined;
}

export interface RenderResult {
  stack: string;
  folder: string;
  hosts: WrittenHost[];
  warnings: string[];
  /** Series, samples and disk that come of it; undefined where another stack owns the primary. */
  forecast: ClusterForecast | undefined;
}

/**
 * Writes what each host of a stack would get, without engine, network or secrets.
 * @throws ConfigError with every mistake of the configuration; nothing is written then
 */
export function render(request: RenderRequest): RenderResult {
  const { stack, project, root = packageRoot() } = request;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(stack)) {
    throw new Error(
      `stack: got ${JSON.stringify(stack)}, want the part between "Pulumi." and ".yaml" of a file's name`,
    );
  }
  const readFile = (name: string) => {
    const path = resolve(project, name);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  };
  const plan = planStack(stack, loadStackConfig(stack, readFile), root);
  const folder = join(resolve(project, request.out), stack);
  const hosts = writeHosts(folder, renderedHosts(plan, readDashboards(root)));
  const forecast = forecastCluster(plan, knownHardware(readStack(stack, readFile)));
  return { stack, folder, hosts, warnings: plan.warnings, forecast };
}
