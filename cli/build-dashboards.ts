/**
 * Writes the dashboards as JSON to dist/dashboards/, where they are packed with the modules. Part of `npm run build`.
 * Usage: node dist/cli/build-dashboards.js
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboards } from "../dashboards";

const folder = join(__dirname, "..", "dashboards");
mkdirSync(folder, { recursive: true });
for (const [name, dashboard] of Object.entries(dashboards())) {
  writeFileSync(join(folder, name), `${JSON.stringify(dashboard, null, 2)}\n`);
}
