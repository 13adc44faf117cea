import { PveError } from "./errors";

export interface Task {
  upid: string;
  node: string;
  type: string;
  id: string;
  user: string;
  starttime: number;
  endtime?: number;
  exitstatus?: string;
  log: string[];
}

const hex = (n: number) => n.toString(16).toUpperCase().padStart(8, "0");

/** Background work with the ids (UPID) that clients poll. */
export class Tasks {
  private readonly tasks = new Map<string, Task>();
  private counter = 0;

  /** Starts `work` and answers its UPID at once. What `work` throws becomes the exit status, as in a task log of Proxmox VE. */
  start(
    node: string,
    type: string,
    id: string,
    user: string,
    work: (log: (line: string) => void) => Promise<void>,
  ): string {
    this.counter += 1;
    const starttime = Math.floor(Date.now() / 1000);
    const upid = `UPID:${node}:${hex(process.pid)}:${hex(this.counter)}:${hex(starttime)}:${type}:${id}:${user}:`;
    const task: Task = { upid, node, type, id, user, starttime, log: [] };
    this.tasks.set(upid, task);
    work((line) => task.log.push(line))
      .then(() => {
        task.log.push("TASK OK");
        task.exitstatus = "OK";
      })
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        task.log.push(`TASK ERROR: ${message}`);
        task.exitstatus = message.split("\n")[0] ?? "unknown error";
      })
      .finally(() => {
        task.endtime = Math.floor(Date.now() / 1000);
      });
    return upid;
  }

  get(upid: string): Task {
    const task = this.tasks.get(upid);
    if (task === undefined)
      throw new PveError(400, "Parameter verification failed.", { upid: "unable to parse worker upid - no such task" });
    return task;
  }

  list(): Task[] {
    return [...this.tasks.values()].reverse();
  }

  /** Waits until nothing runs any more: for tests and for an orderly end. */
  async idle(): Promise<void> {
    while ([...this.tasks.values()].some((task) => task.endtime === undefined))
      await new Promise((done) => setTimeout(done, 20));
  }
}
