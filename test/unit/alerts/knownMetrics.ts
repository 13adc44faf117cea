import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "..", "..", "..", "alerts", "known-metrics");

export interface KnownMetric {
  exporter: string;
  name: string;
  /** Why a healthy cluster may lack it; undefined for a metric that is always there. */
  onlyWith: string | undefined;
}

/** The tables in alerts/known-metrics: one metric a line, `# ...` after it where not every cluster has it. */
export function knownMetrics(): KnownMetric[] {
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const [name = "", reason] = line.split(/\s+#\s*/);
        return { exporter: file.replace(/\.txt$/, ""), name: name.trim(), onlyWith: reason };
      }),
  );
}
