import type { WrittenHost } from "./write";

/** What was written, a line per host, for people. */
export function table(hosts: readonly WrittenHost[]): string {
  const head = ["host", "files", "bytes", "changed", "removed"];
  const rows = hosts.map((host) => [
    host.host,
    ...[host.files.length, host.bytes, host.changed, host.removed].map(String),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line).join("\n");
}
