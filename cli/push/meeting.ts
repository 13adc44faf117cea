import { lstatSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { engineOf } from "./engine";

/**
 * Where the calls of push.js (`handOver.ts`) meet the process that does all pushes of a run (`listen.ts`): a socket in a folder whose name
 * says which engine the two belong to, and which build of push.js they are. Others do not find each other.
 */
export interface Meeting {
  /** See `engineOf`. */
  engine: string;
  folder: string;
  socket: string;
  /** The listener's first line. */
  greeting: string;
}

/** The verbs that are handed over: those whose work is ssh. */
export const handedOver: readonly string[] = ["apply", "secrets", "targets", "targets-remove", "remove", "status"];

/** The first line of a call; stdin follows, `length` bytes of it. */
export interface Call {
  verb: string;
  pid: number;
  folder: string;
  environment: NodeJS.ProcessEnv;
  length: number;
}

/** Each line of an answer. The last one has the exit code. */
export interface Answer {
  out?: string;
  err?: string;
  code?: number;
}

/**
 * @param script the file push.js
 * @returns undefined without an engine above this process, as when a person runs push.js, and where the system has no /proc
 */
export function meetingPlace(script: string, pid = process.pid): Meeting | undefined {
  const engine = engineOf(pid);
  if (engine === undefined) return undefined;
  const { ino, mtimeMs } = statSync(script);
  const folder = join(tmpdir(), `nixmon-push-${engine}-${ino}-${Math.floor(mtimeMs)}`);
  const greeting = `${JSON.stringify({ meet: basename(folder) })}\n`;
  return { engine, folder, socket: join(folder, "socket"), greeting };
}

/** Whether the folder is this user's alone: what is in it was then put there by us. */
export function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}
