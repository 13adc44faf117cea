import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/** A file of the product as it lies in a payload. */
export interface ProductFile {
  /** Path in the payload, with `/`. */
  path: string;
  content: Buffer;
}

export interface ProductParts {
  /** Whether the dashboards are among them; only the monitoring primary gets these. Default true. */
  dashboards?: boolean | undefined;
}

/** The package's own folder: the nearest one above `from` that holds the agent, in a checkout and in an installed package alike. */
export function packageRoot(from: string = __dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "agent", "nixmon-agent"))) return folder;
    if (dirname(folder) === folder) {
      throw new Error(`no folder above ${from} holds agent/nixmon-agent: the package is not whole, install it again`);
    }
  }
}

const filesKnown = new Map<string, ProductFile[]>();
const hashesKnown = new Map<string, string>();

/**
 * What every host gets beside its own data: modules, agent and, where wanted, the built dashboards; sorted by path. Read once a process.
 * @param root the package's folder, see `packageRoot`
 */
export function productFiles(root: string, parts: ProductParts = {}): ProductFile[] {
  return memo(filesKnown, root, parts, () => {
    const files: ProductFile[] = [
      { path: "agent", content: agentScript(root) },
      { path: "default.nix", content: readFileSync(join(root, "agent", "default.nix")) },
      ...folder(join(root, "modules"), "modules", () => true),
    ];
    // The compiled sources of the dashboards lie in the same folder; only the JSON is for hosts.
    if (wantsDashboards(parts)) {
      files.push(...folder(join(root, "dist", "dashboards"), "dashboards", (name) => name.endsWith(".json")));
    }
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

/** The agent as one file, as hosts get it: its parts in the order of their names, then the main program. */
export function agentScript(root: string): Buffer {
  const parts = readdirSync(join(root, "agent")).filter((name) => name.endsWith(".sh"));
  return Buffer.concat([...parts.sort(), "nixmon-agent"].map((name) => readFileSync(join(root, "agent", name))));
}

/** Content hash of `productFiles`, SHA-256 in hex: another one means another apply on every host that gets these parts. */
export function releaseHash(root: string, parts: ProductParts = {}): string {
  return memo(hashesKnown, root, parts, () => {
    const hash = createHash("sha256");
    for (const file of productFiles(root, parts))
      hash.update(`${file.path}\0${file.content.length}\0`).update(file.content);
    return hash.digest("hex");
  });
}

function wantsDashboards(parts: ProductParts): boolean {
  return parts.dashboards ?? true;
}

function memo<T>(known: Map<string, T>, root: string, parts: ProductParts, make: () => T): T {
  const key = `${root}\0${wantsDashboards(parts)}`;
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function folder(path: string, as: string, wanted: (name: string) => boolean): ProductFile[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith(".") && wanted(entry.name))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: as + file.slice(path.length).split(sep).join("/"), content: readFileSync(file) };
    });
}
