import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Caller } from "./caller";
import { engineOf, signalCodes, watchEngine } from "./engine";
import { type Answer, type Call, type Meeting, meetingPlace } from "./meeting";

let listening = false;

/**
 * Has this process, the program of a run, do the pushes that the engine starts, see docs/decisions/0004. It keeps no process alive. Where it cannot
 * listen each push does its work itself.
 * @param script the file push.js
 */
export function listenForPushes(script: string): void {
  if (listening) return;
  listening = true;
  const meeting = meetingPlace(script);
  if (meeting !== undefined) open(meeting);
}

function open(meeting: Meeting): void {
  try {
    // fails where it is there: a second program of the same engine, or somebody else's
    mkdirSync(meeting.folder, { mode: 0o700 });
  } catch {
    return;
  }
  const server = createServer((socket) => serve(socket, meeting));
  const calls = new Set<Socket>();
  server.on("connection", (socket) => {
    calls.add(socket);
    socket.on("close", () => calls.delete(socket));
  });
  server.on("error", () => rmSync(meeting.folder, { recursive: true, force: true }));
  server.listen(meeting.socket, () => chmodSync(meeting.socket, 0o600));
  server.unref();

  const end = () => {
    rmSync(meeting.folder, { recursive: true, force: true });
    for (const socket of calls) socket.destroy();
    atEnd();
  };
  process.on("exit", end);
  watchEngine(() => {
    server.close();
    end();
  });
  for (const signal of Object.keys(signalCodes) as NodeJS.Signals[]) {
    process.once(signal, () => {
      end();
      // as without us: ours is off by now, another one decides for itself
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/** Ends every ssh; nothing to do before the first call has loaded what starts them. */
let atEnd: () => void = () => undefined;

/** One call: its head and stdin, then the answers. Its ssh ends when the caller goes. */
function serve(socket: Socket, { engine, greeting }: Meeting): void {
  const gone = new AbortController();
  const answer = (words: Answer) => socket.write(`${JSON.stringify(words)}\n`);
  let read = Buffer.alloc(0);
  let call: Call | undefined;
  socket.on("error", () => undefined);
  socket.on("close", () => gone.abort());
  socket.on("data", (bytes: Buffer) => {
    read = Buffer.concat([read, bytes]);
    if (call === undefined) {
      const end = read.indexOf("\n");
      if (end === -1) return;
      call = JSON.parse(read.subarray(0, end).toString()) as Call;
      read = read.subarray(end + 1);
      if (engineOf(call.pid) !== engine) return void socket.destroy();
    }
    if (read.length < call.length) return;
    socket.removeAllListeners("data").resume();
    void work(call, read.toString(), answer, gone.signal).then((code) => {
      answer({ code });
      socket.end();
    });
  });
  socket.write(greeting);
}

async function work(call: Call, input: string, answer: (words: Answer) => void, gone: AbortSignal): Promise<number> {
  const { onBehalfOf } = await import("./caller");
  const { carryOut } = await import("./verbs");
  const { cleanUp } = await import("./reach");
  atEnd = cleanUp;
  const who: Caller = {
    out: (text) => answer({ out: text }),
    err: (text) => answer({ err: text }),
    environment: call.environment,
    folder: call.folder,
    gone,
  };
  return onBehalfOf(who, () => carryOut(call.verb, input));
}
