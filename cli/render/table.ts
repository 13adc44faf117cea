import { columns } from "../columns";
import type { WrittenHost } from "./write";

/** What was written, a line per host, for people. */
export function table(hosts: readonly WrittenHost[]): string {
  const head = ["host", "files", "bytes", "changed", "removed"];
  const rows = hosts.map((host) => [
    host.host,
    ...[host.files.length, host.bytes, host.changed, host.removed].map(String),
  ]);
  return columns([head, ...rows], [1, 2, 3, 4]).join("\n");
}
