import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { secondsToAsk } from "../../../cli/push/aftermath";
import { patience, ReachError, visit } from "../../../cli/push/reach";

// `ssh` here is a script: what is under test is our side of the conversation.
const hostKey = `ssh-ed25519 ${Buffer.alloc(51, 7).toString("base64")}`;
const target = { connection: { host: "10.0.0.3", port: 22, user: "root", hostKey }, name: "nixio" };
const path = process.env.PATH;
let folder: string;
let told: string[];

function ssh(script: string): void {
  const file = join(folder, "ssh");
  writeFileSync(file, `#!/bin/sh\n[ "$1" != -Q ] || exit 0\ncd ${folder}\n${script}\n`);
  chmodSync(file, 0o755);
}

const how = { command: "x", heartbeat: false, input: () => Buffer.from("input") };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nixmon-test-"));
  process.env.PATH = `${folder}${delimiter}${path}`;
  told = [];
  jest.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0);
});

afterEach(() => {
  process.env.PATH = path;
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe("a host that hangs is given up within a minute", () => {
  test("to the agent's first word, earlier tries are counted in", () => {
    expect(patience(45, 10, 0)).toBe(45);
    expect(patience(45, 10, 22)).toBe(28);
    // The longest that confirming knocks with its default limit.
    expect(32 + patience(30, 10, 32)).toBe(50);
    expect(patience(30, 10, 300)).toBe(12);
  });

  test("what became of its trial is asked for the rest of the minute where it hangs, else until its timer has run out", () => {
    const error = (kind: "unreachable" | "no banner" | "refused") =>
      new ReachError("x", { kind, gone: true, passing: false, message: "x" });
    expect(secondsToAsk(error("unreachable"), 60, 42)).toBe(70);
    expect(secondsToAsk(error("no banner"), 60, 42)).toBe(16);
    expect(secondsToAsk(error("no banner"), 10, 10)).toBe(20);
    expect(secondsToAsk(new ReachError("x", undefined, { silent: true }), 60, 50)).toBe(8);
    expect(secondsToAsk(new ReachError("x", undefined), 60, 300)).toBe(5);
    expect(secondsToAsk(error("refused"), 60, 30)).toBe(70);
  });
});

describe("visit", () => {
  test("gives the input, passes progress on and returns answer and exit code", async () => {
    ssh("cat >got; echo 'nixmon-agent: step build: x' >&2; echo 'nixmon-agent: alive' >&2; echo '{}'; exit 18");
    expect(await visit(target, how)).toMatchObject({ code: 18, stdout: "{}\n", answered: true });
    expect(readFileSync(join(folder, "got"), "utf8")).toBe("input");
    expect(told).toEqual(["nixio: step build: x\n"]);
  });

  test("knocks again at a machine made here that has just been started and has no sshd yet; control: at no other", async () => {
    const refuse = "echo 'ssh: connect to host 10.0.0.3 port 22: Connection refused' >&2; exit 255";
    ssh(`test -e tried || { touch tried; ${refuse}; }; echo '{}'`);
    expect(await visit({ ...target, made: true }, how)).toMatchObject({ code: 0, stdout: "{}\n" });
    rmSync(join(folder, "tried"));
    await expect(visit(target, how)).rejects.toThrow("connection refused: the machine is up but nothing listens there");
  });

  test("ends a host that never starts the agent, and says that it hangs", async () => {
    ssh("exec sleep 30");
    await expect(visit(target, { ...how, silence: 0.3 })).rejects.toThrow(
      "connected, but the agent did not start within 0.3 s: the host hangs",
    );
  });

  test("ends an agent that stops answering, and names the step", async () => {
    ssh("echo 'nixmon-agent: step build: x' >&2; exec sleep 30");
    await expect(visit(target, { ...how, silence: 0.3 })).rejects.toThrow("stopped answering at step build");
  });

  test("ends what takes longer than allowed even while it talks", async () => {
    ssh("while :; do echo 'nixmon-agent: alive' >&2; sleep 0.1; done");
    await expect(visit(target, { ...how, deadline: 0.5 })).rejects.toThrow("did not end in the time given to it");
  });

  test("a connection lost on the way names the step", async () => {
    ssh("echo 'nixmon-agent: step gate: x' >&2; echo 'Timeout, server 10.0.0.3 not responding.' >&2; exit 255");
    await expect(visit(target, how)).rejects.toThrow("the connection was lost, at step gate");
  });

  test("tries again where the server turns a burst of connections away", async () => {
    ssh(
      'echo x >>n; [ "$(wc -l <n)" = 2 ] && exit 0; echo "kex_exchange_identification: Connection closed" >&2; exit 255',
    );
    expect(await visit(target, how)).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "n"), "utf8")).toBe("x\nx\n");
  });

  test("does not try again where the host key differs", async () => {
    ssh('echo x >>n; echo "Host key verification failed." >&2; exit 255');
    await expect(visit(target, how)).rejects.toThrow("the host key differs");
    expect(readFileSync(join(folder, "n"), "utf8")).toBe("x\n");
  });

  test("sudo that asks is explained", async () => {
    ssh('echo "sudo: a password is required" >&2; exit 1');
    await expect(visit(target, how)).rejects.toThrow("may not use sudo without a password");
  });

  test("a machine without ssh says what to install", async () => {
    process.env.PATH = folder;
    await expect(visit(target, how)).rejects.toThrow("install the OpenSSH client");
  });
});
