import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handOver } from "../../../cli/push/handOver";
import type { Call, Meeting } from "../../../cli/push/meeting";

// The listener here is a few lines: what is under test is the calling side. Both together: test/agent/push.sh.
let folder: string;
let meeting: Meeting;
let server: Server | undefined;
let told: string[];
let answered: string[];
const input = Buffer.from(JSON.stringify({ name: "nixio", secrets: { A: "canary" } }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nixmon-test-"));
  meeting = { engine: "1-1", folder, socket: join(folder, "socket"), greeting: '{"meet":"us"}\n' };
  [told, answered] = [[], []];
  jest.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0);
  jest.spyOn(process.stdout, "write").mockImplementation((text) => answered.push(String(text)) > 0);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Listens with a greeting; `answer` gets each piece that comes after it. */
async function listen(greeting: string, answer: (socket: Socket, text: string) => void): Promise<void> {
  server = createServer((socket) => {
    socket.write(greeting);
    socket.on("error", () => undefined);
    socket.setEncoding("utf8").on("data", (text: string) => answer(socket, text));
  });
  await new Promise<void>((resolve) => server?.listen(meeting.socket, resolve));
}

test("a call goes over whole, with its folder and environment; answer, progress and exit code come back", async () => {
  let got = "";
  await listen(meeting.greeting, (socket, text) => {
    got += text;
    if (got.endsWith(input.toString())) socket.write('{"err":"a\\n"}\n{"out":"b"}\n{"err":"c\\n"}\n{"code":18}\n');
  });
  expect(await handOver("secrets", input, meeting)).toBe(18);
  const call = JSON.parse(got.split("\n")[0] ?? "") as Call;
  expect(call).toMatchObject({ verb: "secrets", pid: process.pid, folder: process.cwd(), length: input.length });
  expect(call.environment.PATH).toBe(process.env.PATH);
  expect(told).toEqual(["a\n", "c\n"]);
  expect(answered).toEqual(["b"]);
});

test("a listener that ends in the middle is an error that names the host and says what becomes of it", async () => {
  await listen(meeting.greeting, (socket) => socket.destroy());
  expect(await handOver("apply", input, meeting)).toBe(1);
  expect(told.join("")).toContain("nixio: the program that does the pushes of this run ended in the middle");
  expect(told.join("")).not.toContain("canary");
});

describe("nothing is sent, and the caller does the work itself,", () => {
  let got: string;
  const greet = (text: string) => listen(text, (_, piece) => (got += piece));
  beforeEach(() => {
    got = "";
  });

  test("where another engine's program, or another release, greets", async () => {
    await greet('{"meet":"others"}\n');
    expect(await handOver("apply", input, meeting)).toBeUndefined();
    expect(got).toBe("");
  });

  test("where nobody listens any more", async () => {
    writeFileSync(meeting.socket, "");
    expect(await handOver("apply", input, meeting)).toBeUndefined();
  });

  test("where there is no such folder", async () => {
    expect(await handOver("apply", input, { ...meeting, folder: join(folder, "none") })).toBeUndefined();
  });

  test("where others may write to the folder", async () => {
    await greet(meeting.greeting);
    const open = join(folder, "open");
    mkdirSync(open);
    expect(await handOver("apply", input, { ...meeting, folder: open })).toBeUndefined();
    expect(got).toBe("");
  });
});
