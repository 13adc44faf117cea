import { AsyncLocalStorage } from "node:async_hooks";

/** For whom a push works: a process of its own, or one call among many of the process that does all pushes of a run. */
export interface Caller {
  /** Takes the answer. */
  out(text: string): void;
  /** Takes progress and errors. */
  err(text: string): void;
  /** The environment of who called; ssh gets it whole. */
  environment: NodeJS.ProcessEnv;
  /** The folder that relative paths mean. */
  folder: string;
  /** Aborted when nobody waits for the result any more: then ssh is ended, so that the host undoes what is not confirmed. A process ends instead. */
  gone: AbortSignal | undefined;
}

const ownProcess: Caller = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  environment: process.env,
  folder: process.cwd(),
  gone: undefined,
};

const calls = new AsyncLocalStorage<Caller>();

/** Whose call the running code belongs to; outside any call it is this process. */
export function caller(): Caller {
  return calls.getStore() ?? ownProcess;
}

/** Runs the work, and all that it starts, for `who`. */
export function onBehalfOf<T>(who: Caller, work: () => Promise<T>): Promise<T> {
  return calls.run(who, work);
}
