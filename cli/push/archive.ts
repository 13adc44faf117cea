import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { ProductFile } from "./release";

/** The files as a tar.gz; the same files make the same bytes: no times, no owners, order as given. */
export async function archive(files: readonly ProductFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { path, content } of files) {
    tar.entry({ name: path, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return gzipSync(Buffer.concat(chunks));
}
