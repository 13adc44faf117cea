import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { RenderedHosts } from "./files";

/** Marks a folder as made by `render`: only in such a one are files removed. */
const marker = ".rendered-by-nixmon";

/** What became of one host's folder. */
export interface WrittenHost {
  host: string;
  files: string[];
  bytes: number;
  /** Files whose content is new or another than before. */
  changed: number;
  /** Files of earlier runs that are gone now. */
  removed: number;
}

/**
 * Makes `folder` hold exactly these files, a folder per host; leaves alone what is equal already.
 * @throws Error when the folder holds files that `render` did not write
 */
export function writeHosts(folder: string, hosts: RenderedHosts): WrittenHost[] {
  claim(folder);
  const written = Object.entries(hosts).map(([host, files]) => writeHost(join(folder, host), host, files));
  const gone = readdirSync(folder).filter((name) => name !== marker && hosts[name] === undefined);
  for (const host of gone) {
    const removed = filesBelow(join(folder, host)).length;
    rmSync(join(folder, host), { recursive: true });
    written.push({ host, files: [], bytes: 0, changed: 0, removed });
  }
  return written;
}

function claim(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, marker))) {
    throw new Error(`${folder}: holds files that render did not write; give another --out, or empty it`);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, marker), "");
}

function writeHost(folder: string, host: string, files: Record<string, string>): WrittenHost {
  const before = existsSync(folder) ? filesBelow(folder) : [];
  let changed = 0;
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    if (existsSync(path) && readFileSync(path, "utf8") === content) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    changed += 1;
  }
  const stale = before.filter((name) => files[name] === undefined);
  for (const name of stale) rmSync(join(folder, name));
  const bytes = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  return { host, files: Object.keys(files), bytes, changed, removed: stale.length };
}

/** Paths of all files below a folder, with `/`. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}
