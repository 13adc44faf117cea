import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { caller } from "./caller";

/**
 * How many of our connections to one host may be open at once, where there can be many: a monitoring primary gets one for each host's targets.
 * sshd begins to turn away at ten that have not logged in yet (`MaxStartups 10:30:100`, its default); two less leave a person room to log in.
 */
const places = 8;

/**
 * Does the work when fewer than `places` other processes of this user are at theirs for the same address. Waits without limit: each holder
 * has a deadline of its own. Where the folder cannot be written nobody waits, since what sshd turns away is tried again anyway.
 */
export async function inTurn<T>(
  address: string,
  work: () => Promise<T>,
  folder = join(tmpdir(), `nixmon-turns-${userInfo().uid}`),
): Promise<T> {
  const place = await takePlace(join(folder, encodeURIComponent(address)));
  try {
    return await work();
  } finally {
    if (place !== undefined) leave(place);
  }
}

const held = new Set<string>();
let tidied = false;

function leave(place: string): void {
  rmSync(place, { force: true });
  held.delete(place);
  try {
    // Not empty as long as somebody waits there. Who comes in between goes ahead without a place.
    rmdirSync(dirname(place));
    rmdirSync(dirname(dirname(place)));
  } catch {}
}

function keep(place: string): string {
  if (!tidied) process.once("exit", () => held.forEach(leave));
  tidied = true;
  held.add(place);
  return place;
}

/** A place is a file that names its holder. */
async function takePlace(folder: string): Promise<string | undefined> {
  const ours = join(folder, `of-${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(ours, String(process.pid));
  } catch {
    return undefined;
  }
  try {
    for (;;) {
      for (let number = 0; number < places; number++) {
        const place = join(folder, String(number));
        if (take(ours, place)) return keep(place);
      }
      await sleep(40 + Math.random() * 40, undefined, { signal: caller().gone });
    }
  } finally {
    rmSync(ours, { force: true });
  }
}

function take(ours: string, place: string): boolean {
  try {
    linkSync(ours, place); // whole at once, and fails where it is taken
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Two who find the same dead holder may both get in: one more than `places` does no harm.
    if (!holderLives(place)) rmSync(place, { force: true });
    return false;
  }
}

function holderLives(place: string): boolean {
  try {
    process.kill(Number(readFileSync(place, "utf8")), 0);
    return true;
  } catch (error) {
    // EPERM: alive, and somebody else's. ENOENT: just left.
    return ["EPERM", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
