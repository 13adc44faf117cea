import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { ProductFile } from "./release";

/** Two blocks of zeros: tar reads no further. */
const endOfArchive = 1024;

const packed = new WeakMap<readonly ProductFile[], Promise<Buffer>>();

/**
 * The files as a tar.gz; the same files make the same bytes: no times, no owners, order as given.
 * @param product those that many hosts get; the same list is packed once a process
 * @param own those of one host
 */
export async function archive(product: readonly ProductFile[], own: readonly ProductFile[]): Promise<Buffer> {
  const known = packed.get(product) ?? tar(product).then((bytes) => gzipSync(bytes.subarray(0, -endOfArchive)));
  packed.set(product, known);
  // What was compressed apart may follow one another: gzip(1) reads it as one.
  return Buffer.concat([await known, gzipSync(await tar(own))]);
}

async function tar(files: readonly ProductFile[]): Promise<Buffer> {
  const stream = pack();
  for (const { path, content } of files) {
    stream.entry(
      { name: path, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" },
      content,
    );
  }
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
