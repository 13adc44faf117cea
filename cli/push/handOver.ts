import { connect } from "node:net";
import { type Answer, type Call, isOurs, type Meeting } from "./meeting";

/** Seconds for the listener to greet; afterwards the caller does the work itself. */
const patience = 5;

/**
 * Has the process that does all pushes of this run do the work, and passes its words and its exit code on. It is to cost little: it loads no more than
 * it needs.
 * @param input stdin
 * @returns undefined where nobody listens, or not the right one; nothing was sent then
 */
export async function handOver(verb: string, input: Buffer, meeting: Meeting): Promise<number | undefined> {
  if (!isOurs(meeting.folder)) return undefined;
  return new Promise((resolve) => {
    const socket = connect(meeting.socket);
    let sent = false;
    let code: number | undefined;
    let rest = "";
    const take = (line: string) => {
      if (!sent) {
        if (`${line}\n` !== meeting.greeting) return socket.destroy();
        clearTimeout(waiting);
        sent = true;
        const { pid, env: environment } = process;
        const call: Call = { verb, pid, folder: process.cwd(), environment, length: input.length };
        socket.write(`${JSON.stringify(call)}\n`);
        return socket.write(input);
      }
      const answer = JSON.parse(line) as Answer;
      if (answer.out !== undefined) process.stdout.write(answer.out);
      if (answer.err !== undefined) process.stderr.write(answer.err);
      code = answer.code ?? code;
      return code === undefined ? undefined : socket.destroy();
    };
    const waiting = setTimeout(() => socket.destroy(), patience * 1000);
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(take);
    });
    // `close` follows
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(waiting);
      if (sent && code === undefined) process.stderr.write(`${hostOf(input)}: ${lost}\n`);
      resolve(sent ? (code ?? 1) : undefined);
    });
  });
}

const lost =
  "the program that does the pushes of this run ended in the middle of this one (killed, out of memory, or an error of its own above). " +
  "Its connection ended with it: the host undoes what is not confirmed. Run again";

function hostOf(input: Buffer): string {
  try {
    return (JSON.parse(input.toString()) as { name?: string }).name ?? "push";
  } catch {
    return "push";
  }
}
