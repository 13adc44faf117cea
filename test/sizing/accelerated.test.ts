import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { bytesPerSample, metricsDisk } from "../../plan/sizing";
import figures from "../../plan/sizing.json";
import { must, root } from "../engine/sandbox";
import { expectClose } from "./close";
import { replay } from "./replay";

/** How long the sandbox is left alone; what Prometheus scrapes meanwhile is played for hours. */
const quietSeconds = 240;
const hours = 3;

test("an accelerated run takes as many bytes a sample as the forecast says, give or take a fifth", async () => {
  // restarts and reloads make jumps that the run would repeat all the time
  await new Promise((done) => setTimeout(done, quietSeconds * 1000));
  const folder = resolve(root, "build/engine/sizing");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sandbox = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";
  cpSync(`${sandbox}/machines/nixmon/root/var/lib/prometheus2/data`, `${folder}/data`, { recursive: true });
  const since = `--min-time=${Date.now() - quietSeconds * 1000}`;
  const dump = must(["promtool", "tsdb", "dump-openmetrics", since, `${folder}/data`]).stdout;
  writeFileSync(`${folder}/run.om`, replay(dump, { hours, every: 16 }));
  must(["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", `${folder}/run.om`, `${folder}/blocks`]);
  let bytes = 0;
  let count = 0;
  let series = 0;
  for (const block of readdirSync(`${folder}/blocks`)) {
    const inBlock = `${folder}/blocks/${block}`;
    const files = [`${inBlock}/index`, ...readdirSync(`${inBlock}/chunks`).map((name) => `${inBlock}/chunks/${name}`)];
    bytes += files.reduce((sum, file) => sum + statSync(file).size, 0);
    const meta = readFileSync(`${inBlock}/meta.json`, "utf8");
    const { stats } = JSON.parse(meta) as { stats: { numSamples: number; numSeries: number } };
    count += stats.numSamples;
    series = Math.max(series, stats.numSeries);
  }
  expect(count).toBeGreaterThan(100_000);
  // promtool makes blocks of two hours, as a Prometheus does before it compacts them
  expectClose("milli-bytes a sample", bytesPerSample(15, 2 * 3600) * 1000, (bytes / count) * 1000);
  // what render and doctor tell people: without the head, which these blocks do not have, and the tenth that is kept for the last block
  const samplesPerSecond = count / (hours * 3600);
  const { bytes: told } = metricsDisk({ samplesPerSecond, series, retention: `${hours}h` });
  expectClose("bytes of blocks", (told - count * figures.samples.headBytes) / 1.1, bytes);
  rmSync(folder, { recursive: true });
});
