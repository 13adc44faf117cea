import { createHash } from "node:crypto";
import type { HostData } from "../../plan/types";
import { type ProductFile, packageRoot, productFiles } from "./release";

/** What is sent to a host: the files of one generation. */
export interface Payload {
  /** SHA-256 of `files.sha256`, hex; the name of this content everywhere. */
  hash: string;
  /** Sorted by path. */
  files: ProductFile[];
}

const plainPath = /^[\w.@+-]+(\/[\w.@+-]+)*$/;

/** The payload of one host, from the package on disk. */
export function hostPayload(data: HostData, root: string = packageRoot()): Payload {
  const product = productFiles(root, { dashboards: data.collector !== null });
  return makePayload([...product, { path: "host.json", content: Buffer.from(`${JSON.stringify(data)}\n`) }]);
}

/**
 * Adds the list of the files' hashes (`files.sha256`, as `sha256sum -c` reads it) and the list's own hash (`hash`).
 * @throws Error where a path has characters that `sha256sum` would escape
 */
export function makePayload(content: readonly ProductFile[]): Payload {
  const files = content.toSorted((a, b) => (a.path < b.path ? -1 : 1));
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
  return {
    hash,
    files: [...files, { path: "files.sha256", content: list }, { path: "hash", content: Buffer.from(hash) }],
  };
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
