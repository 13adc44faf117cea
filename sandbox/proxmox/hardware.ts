import { cpus, freemem, loadavg, totalmem, uptime } from "node:os";

const GiB = 1024 ** 3;

/** The storages of each node: the one for files that every node has, and one for disks of either usual kind. */
export const STORAGES = [
  {
    storage: "local",
    type: "dir",
    content: "iso,vztmpl,backup,snippets,import",
    shared: 0,
    total: 100 * GiB,
    used: 10 * GiB,
  },
  { storage: "local-zfs", type: "zfspool", content: "images,rootdir", shared: 0, total: 400 * GiB, used: 40 * GiB },
  {
    storage: "local-lvm",
    type: "lvmthin",
    content: "images,rootdir",
    shared: 0,
    total: 400 * GiB,
    used: 40 * GiB,
  },
] as const;

/** Numbers of a node: those of the machine that the sandbox runs on. */
export function nodeNumbers() {
  const local = STORAGES[0];
  return {
    uptime: Math.floor(uptime()),
    maxcpu: cpus().length,
    cpu: Math.min(1, (loadavg()[0] ?? 0) / cpus().length),
    maxmem: totalmem(),
    mem: totalmem() - freemem(),
    maxdisk: local.total,
    disk: local.used,
  };
}
