import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { readLearn } from "./input";
import { say } from "./reach";

/** Seconds that a machine may take from its creation to its first SSH answer. */
const bootLimit = 300;

/** Prints the ed25519 host key that a newly made machine shows, once it shows one. From then on it is pinned. */
export async function learnHostKey(text: string): Promise<number> {
  const input = readLearn(text);
  const started = Date.now();
  let told = started;
  for (;;) {
    const key = scannedKey(await scan(input.host, input.port));
    if (key !== undefined) {
      process.stdout.write(key);
      return 0;
    }
    const now = Date.now();
    if (now - started > bootLimit * 1000) {
      throw new Error(
        `${input.name} (${input.host} port ${input.port}): no ed25519 host key within ${bootLimit} s; ` +
          "does the machine boot, has it this address, does sshd run with an ed25519 key?",
      );
    }
    if (now - told > 15_000) {
      say(input.name, `waiting for its SSH server, ${Math.round((now - started) / 1000)} s`);
      told = now;
    }
    await sleep(500);
  }
}

/** The key in what `ssh-keyscan -t ed25519` printed, without the host's name. */
export function scannedKey(output: string): string | undefined {
  return /^\S+ (ssh-ed25519 [A-Za-z0-9+/=]+)$/m.exec(output)?.[1];
}

function scan(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ["-T", "5", "-t", "ed25519", "-p", String(port), "--", host];
    execFile("ssh-keyscan", args, { timeout: 10_000 }, (error, stdout) => {
      const missing = (error as NodeJS.ErrnoException | null)?.code === "ENOENT";
      if (missing) reject(new Error("`ssh-keyscan` is not on the PATH: install the OpenSSH client"));
      else resolve(stdout);
    });
  });
}
