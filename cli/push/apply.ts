import { aftermath, secondsToAsk } from "./aftermath";
import { caller } from "./caller";
import { type ApplyInput, readApply } from "./input";
import { hostPayload } from "./payload";
import { ReachError, say, visit } from "./reach";
import { packageRoot, releaseHash } from "./release";
import { applyCommand, confirmCommand, lastCommand, measured, silenceAllowed } from "./remote";
import type { Ended } from "./session";

/** The agent answers each beat. Together with connecting, and with asking once more, a host that hangs is given up within a minute. */
const silence = 30;

/** Builds, tries and confirms one host's configuration; prints its manifest. Confirms over a new connection, which proves that there can be one. */
export async function apply(text: string): Promise<number> {
  const input = readApply(text);
  const root = packageRoot();
  checkRelease(input, root);
  const { connection, limits, name } = input;
  const payload = hostPayload(input.data, root);

  const tried = await visit(input, {
    command: applyCommand(connection.user, payload.hash, limits, input.activation),
    // that of its secrets, which have just been delivered
    overKept: lastCommand(applyCommand("root", payload.hash, limits, input.activation)),
    input: async () => {
      const { archive } = await import("./archive");
      return measured(await archive(payload.product, payload.own));
    },
    heartbeat: true,
    silence,
    // Each of these has its own limit on the host; besides, it may wait for another run to end and has to get back to the old system.
    deadline: 240 + limits.build + limits.activate + limits.gate,
  }).catch(async (error: unknown) => {
    throw await afterwards(error, input, payload.hash);
  });
  if (tried.code !== 0) return failed(input, tried);
  if (tried.stdout.trim() !== "") {
    caller().out(tried.stdout);
    return 0;
  }

  const began = Date.now();
  const confirmed = await visit(input, {
    command: confirmCommand(connection.user, payload.hash, limits),
    input: () => Buffer.alloc(0),
    heartbeat: true,
    silence,
    // The profile and the boot loader, or the way back, have limits of their own on the host.
    deadline: 300 + limits.activate,
    // A new configuration may restart sshd or the network, so it is worth knocking again; a confirmation needs the rest of the trial's time.
    retry: (failure) => failure.gone,
    retryFor: limits.confirm / 2,
  }).catch(async (error: unknown) => {
    if (!(error instanceof ReachError)) throw error;
    const spent = Math.round((Date.now() - began) / 1000);
    const became = await aftermath(input, payload.hash, secondsToAsk(error, limits.confirm, spent));
    throw new Error(
      `step confirm: ${sentence(error.message)} The new configuration of ${name} was active but could not be confirmed over a new ` +
        `connection, so it does not stay. ${became}`,
    );
  });
  if (confirmed.code !== 0) return failed(input, confirmed);
  caller().out(confirmed.stdout);
  return 0;
}

function checkRelease({ release, data }: ApplyInput, root: string): void {
  // Without dashboards counts too for a host that gets none.
  const known = [releaseHash(root), ...(data.collector === null ? [releaseHash(root, { dashboards: false })] : [])];
  if (!known.includes(release)) {
    throw new Error(
      `release: got ${release.slice(0, 12)}, the files on disk are ${known.map((hash) => hash.slice(0, 12)).join(" or ")}: ` +
        "they changed since the program started; run `make build` and then again",
    );
  }
}

/** Adds what became of the host to an error in the middle of its deployment. */
async function afterwards(error: unknown, input: ApplyInput, hash: string): Promise<unknown> {
  if (!(error instanceof ReachError) || error.lost === undefined) return error;
  // A host that fell silent has had its time already: the whole is to end within a minute.
  const became = await aftermath(input, hash, error.lost.silent ? 10 : silenceAllowed(input.limits) + 10);
  return new Error(`${sentence(error.message)} ${became}`);
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function failed({ name }: ApplyInput, ended: Ended): number {
  const found = [...ended.stderr.matchAll(/^nixmon-agent: FAILED [^:]*: step (\w+): (.*)$/gm)];
  // The first finding is the nearest to the cause: a unit that is down comes before what it then does not answer.
  const [first] = found;
  const more = found.length > 1 ? ` (and ${found.length - 1} more, above)` : "";
  say(name, `apply failed${first ? ` at step ${first[1]}: ${first[2]}${more}` : ""} (exit ${ended.code})`);
  return ended.code;
}
