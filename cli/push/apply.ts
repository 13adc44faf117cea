import { type ApplyInput, readApply } from "./input";
import { hostPayload } from "./payload";
import { ReachError, say, visit } from "./reach";
import { packageRoot, releaseHash } from "./release";
import { applyCommand, confirmCommand } from "./remote";
import type { Ended } from "./session";

/** Builds, tries and confirms one host's configuration; prints its manifest. Two connections, or one where nothing is to be done. */
export async function apply(text: string): Promise<number> {
  const input = readApply(text);
  const root = packageRoot();
  checkRelease(input, root);
  const { connection, limits, name } = input;
  const payload = hostPayload(input.data, root);

  const tried = await visit(input, {
    command: applyCommand(connection.user, payload.hash, limits, input.activation),
    input: async () => {
      const { archive } = await import("./archive");
      const packed = await archive(payload.files);
      return Buffer.concat([Buffer.from(`${packed.length}\n`), packed]);
    },
    heartbeat: true,
    // Each of these has its own limit on the host; besides, it may wait for another run to end and has to get back to the old system.
    deadline: 240 + limits.build + limits.activate + limits.gate,
  }).catch((error: unknown) => {
    throw afterwards(error, limits.confirm);
  });
  if (tried.code !== 0) return failed(input, tried);
  if (tried.stdout.trim() !== "") {
    process.stdout.write(tried.stdout);
    return 0;
  }

  const confirmed = await visit(input, {
    command: confirmCommand(connection.user, payload.hash),
    input: () => Buffer.alloc(0),
    heartbeat: false,
    // Making it the boot default writes boot loader files, quietly.
    silence: 150,
    // A new configuration may restart sshd or the network: as long as the trial lasts it is worth knocking again.
    retry: (failure) => failure.gone,
    retryFor: limits.confirm - 5,
  }).catch((error: unknown) => {
    if (!(error instanceof ReachError)) throw error;
    throw new Error(
      `${error.message}. The configuration of ${name} was active but could not be confirmed over a new connection: ` +
        `step confirm; the host rolls back by itself within ${limits.confirm} s`,
    );
  });
  if (confirmed.code !== 0) return failed(input, confirmed);
  process.stdout.write(confirmed.stdout);
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

function afterwards(error: unknown, confirm: number): unknown {
  if (!(error instanceof ReachError) || error.failure !== undefined) return error;
  return new Error(
    `${error.message}. If the new configuration was active already, the host rolls back by itself within ${2 * confirm} s; ` +
      "if not, nothing changes there. Run again when it answers",
  );
}

function failed({ name }: ApplyInput, ended: Ended): number {
  const found = [...ended.stderr.matchAll(/^nixmon-agent: FAILED [^:]*: step (\w+): (.*)$/gm)].at(-1);
  say(name, `apply failed${found ? ` at step ${found[1]}: ${found[2]}` : ""} (exit ${ended.code})`);
  return ended.code;
}
