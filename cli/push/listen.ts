import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineOf, lookEvery, signalCodes, watchEngine } from "./engine";

/** Calls at work at once. One that finds no place does its work itself. */
const places = 64;

let listening = false;

/**
 * Has this process, the program of a run, do the pushes that the engine starts by push.sh, see docs/decisions/0004. It keeps no process alive. Where
 * it cannot listen (no engine above it, as when a person starts it; no /proc) each push does its work itself.
 * @param script the file push.js, in whose place it works
 */
export function listenForPushes(script: string): void {
  if (listening) return;
  listening = true;
  const engine = engineOf(process.pid);
  if (engine === undefined) return;
  const folder = join(tmpdir(), `nixmon-push-${engine}`);
  try {
    // fails where it is there: a second program of the same engine, or somebody else's
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    return;
  }
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const names = ["calls", ...Array.from({ length: places }, (_, place) => `${place}`)];
  execFile("mkfifo", ["-m", "600", ...names], { cwd: folder }, (error) => {
    if (error === null && !ended) listen(folder, engine, script);
  });
}

const ends = new Set<() => void>();
let ended = false;

/** Has `leave` done when this process ends, is told to, or has lost its engine. */
function atEnd(leave: () => void): void {
  if (ends.size === 0) {
    process.on("exit", end);
    watchEngine(end);
    for (const signal of Object.keys(signalCodes) as NodeJS.Signals[]) process.on(signal, endOn);
  }
  ends.add(leave);
}

function end(): void {
  ended = true;
  for (const leave of ends) leave();
  ends.clear();
}

function endOn(signal: NodeJS.Signals): void {
  end();
  // not before: a second signal would end us in the middle
  process.off(signal, endOn);
  // as without us: ours is off by now, another one decides for itself
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

interface Call {
  pid: number;
  gone: AbortController;
}

/**
 * What push.sh writes to the pipe `calls`: `PLACE PID VERB`, and `PLACE` when it has read its answer, `PID CODE`, from the pipe of that place. All
 * else of a call is taken from where the system shows it.
 */
function listen(folder: string, engine: string, script: string): void {
  // Both ends of each, so that nobody waits for the other one.
  const pipe = (name: string | number) => openSync(join(folder, `${name}`), constants.O_RDWR | constants.O_NONBLOCK);
  const answers = Array.from({ length: places }, (_, place) => pipe(place));
  const calls = new Map<number, Call>();
  const free = (place: number) => {
    calls.delete(place);
    rmSync(join(folder, `${place}.taken`), { force: true });
  };
  const take = (line: string) => {
    const [place = "", pid, verb = ""] = line.split(" ");
    const answer = answers[Number(place)];
    if (answer === undefined) return;
    if (pid === undefined) return free(Number(place));
    if (engineOf(Number(pid)) !== engine) return;
    const call = { pid: Number(pid), gone: new AbortController() };
    calls.set(Number(place), call);
    void work(verb, call).then((code) => !ended && writeSync(answer, `${pid} ${code}\n`));
  };
  let rest = "";
  const socket = new Socket({ fd: pipe("calls"), readable: true, writable: false }).unref();
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  });
  // Who was killed says nothing: its ssh ends, and its place is free.
  const watch = setInterval(() => {
    for (const [place, { pid, gone }] of calls) {
      if (engineOf(pid) === engine) continue;
      gone.abort();
      free(place);
    }
  }, lookEvery).unref();
  atEnd(() => {
    clearInterval(watch);
    socket.destroy();
    for (const { gone } of calls.values()) gone.abort();
    // who waits for an answer sees that there will be none
    for (const answer of answers) closeSync(answer);
  });
  // With this they find us. What is built anew after it is not ours any more.
  writeFileSync(join(folder, "script"), `${script}\n`);
}

/** Loads what does the work, with the first call: an ordinary run has none. */
async function work(verb: string, { pid, gone }: Call): Promise<number | "alone"> {
  const { standIn } = await import("./standIn");
  const { cleanUp } = await import("./reach");
  atEnd(cleanUp);
  return (await standIn(pid, verb, gone.signal)) ?? "alone";
}
