import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The built dashboards by file name; none where they have not been built. */
export function readDashboards(root: string): Record<string, string> {
  const folder = join(root, "dist", "dashboards");
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
