import { createHash } from "node:crypto";
import type { HostData } from "../../plan/types";
import { type ProductFile, packageRoot, productFiles } from "./release";

/** What is sent to a host: the files of one generation. */
export interface Payload {
  /** SHA-256 of `files.sha256`, hex; the name of this content everywhere. */
  hash: string;
  /** All of it. */
  files: ProductFile[];
  /** Those among them that many hosts get, a list that stays the same; and the rest. */
  product: readonly ProductFile[];
  own: ProductFile[];
}

const plainPath = /^[\w.@+-]+(\/[\w.@+-]+)*$/;

/** The payload of one host, from the package on disk. */
export function hostPayload(data: HostData, root: string = packageRoot()): Payload {
  const product = productFiles(root, { dashboards: data.collector !== null });
  return makePayload(product, [{ path: "host.json", content: Buffer.from(`${JSON.stringify(data)}\n`) }]);
}

/**
 * Adds the list of the files' hashes (`files.sha256`, as `sha256sum -c` reads it) and the list's own hash (`hash`).
 * @throws Error where a path has characters that `sha256sum` would escape
 */
export function makePayload(product: readonly ProductFile[], data: readonly ProductFile[] = []): Payload {
  const files = [...product, ...data].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path } of files) {
    if (!plainPath.test(path)) {
      throw new Error(
        `${JSON.stringify(path)} cannot be sent: want letters, digits and _ . @ + - in file names; rename it`,
      );
    }
  }
  const list = Buffer.from(files.map((file) => `${sha256(file.content)}  ${file.path}\n`).join(""));
  const hash = sha256(list);
  // No newline: the modules put the text of this file into the manifest as it is.
  const own = [...data, { path: "files.sha256", content: list }, { path: "hash", content: Buffer.from(hash) }];
  return { hash, files: [...product, ...own], product, own };
}

const hashes = new WeakMap<Buffer, string>();

/** Known for what many hosts get. */
function sha256(content: Buffer): string {
  const hash = hashes.get(content) ?? createHash("sha256").update(content).digest("hex");
  hashes.set(content, hash);
  return hash;
}
