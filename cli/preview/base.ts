import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../stacks/problems";
import { describeStack } from "./describe";
import { hostsOfState, type KnownHost } from "./fromState";
import { reportTitle } from "./markdown";

/** What the plan is compared with. */
export interface Base {
  /** In words, for the report. */
  against: string;
  hosts: Record<string, KnownHost>;
}

/** What the base was asked for and cannot be had. */
export class BaseError extends Error {}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(words: string[], folder: string): Ended {
  const [program = "", ...rest] = words;
  const ended = spawnSync(program, rest, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 512 * 1024 * 1024,
    timeout: 600_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { code: ended.status, stdout: ended.stdout ?? "", stderr: ended.error?.message ?? ended.stderr };
}

/**
 * The stack as it was last deployed.
 * @throws BaseError when the state is out of reach
 */
export function deployed(stack: string, project: string): Base {
  const ended = run(["pulumi", "stack", "export", "--stack", stack, "--non-interactive"], project);
  if (ended.code !== 0) {
    const reason = ended.stderr.trim().split("\n")[0] ?? "";
    throw new BaseError(`the state of stack ${stack} is out of reach: ${reason}`);
  }
  return { against: "what was last deployed (the stack's state)", hosts: hostsOfState(ended.stdout) };
}

/** Folders and files of which another content can mean another plan. */
const sources = [
  ...["plan", "stacks", "cli", "components", "policy", "dashboards", "index.ts", "package-lock.json"],
  ...["tsconfig.json", "tsconfig.build.json", "modules/nixos/server/monitoring/exporters"],
];

/**
 * The stack as a commit has it: where this branch left `ref`, planned by that commit's own program.
 * @returns no host where the configuration of that commit is invalid
 * @throws BaseError when there is no such commit, or its program cannot be built or asked
 */
export function committed(stack: string, project: string, ref: string, say: (text: string) => void): Base {
  const git = (...words: string[]) => run(["git", ...words], project);
  const tip = git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).stdout.trim();
  if (tip === "") {
    throw new BaseError(
      `BASE=${ref}: no such commit here; in CI fetch the whole history (actions/checkout: fetch-depth: 0)`,
    );
  }
  const commit = git("merge-base", "HEAD", tip).stdout.trim() || tip;
  const against = `${ref} (${commit.slice(0, 10)})`;
  const parent = mkdtempSync(join(tmpdir(), "nixmon-preview-"));
  const tree = join(parent, "base");
  try {
    const added = git("worktree", "add", "--detach", "--quiet", tree, commit);
    if (added.code !== 0) throw new BaseError(`git worktree add: ${added.stderr.trim()}`);
    const prefix = git("rev-parse", "--show-prefix").stdout.trim();
    const folder = join(tree, prefix);
    if (!existsSync(join(folder, `Pulumi.${stack}.yaml`)))
      return { against: `${against}, which has no such stack`, hosts: {} };
    const same =
      git("diff", "--quiet", commit, "--", ...sources).code === 0 &&
      git("ls-files", "--others", "--exclude-standard", "--", ...sources).stdout === "";
    if (!same) say(`the program differs from ${ref}'s: building that one, too`);
    const hosts = same ? describedBy(stack, folder) : askedOf(folder, project, stack, ref);
    if (hosts !== undefined) return { against, hosts };
    // most likely this branch mends it
    const invalid = `${against}, whose configuration is invalid: everything is shown as new`;
    say(`the stack is compared with ${invalid}`);
    return { against: invalid, hosts: {} };
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Undefined: the configuration there is invalid. */
function describedBy(stack: string, folder: string): Record<string, KnownHost> | undefined {
  try {
    return describeStack(stack, folder, folder).hosts;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** By that commit's own program. Undefined: it calls the configuration there invalid. */
function askedOf(folder: string, project: string, stack: string, ref: string): Record<string, KnownHost> | undefined {
  const must = (words: string[], isAnswer = ({ code }: Ended) => code === 0) => {
    const ended = run(words, folder);
    if (isAnswer(ended)) return ended.stdout;
    const last = (ended.stderr || ended.stdout).trim().split("\n").slice(-5).join("\n");
    throw new BaseError(`the program of ${ref} cannot be asked: ${words.join(" ")} ended with ${ended.code}: ${last}`);
  };
  const sameLock = run(
    ["git", "diff", "--no-index", "--quiet", join(project, "package-lock.json"), join(folder, "package-lock.json")],
    folder,
  );
  if (sameLock.code === 0 && existsSync(join(project, "node_modules"))) {
    symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  } else must(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  must(["npm", "run", "--silent", "build"]);
  if (!existsSync(join(folder, "dist", "cli", "preview.js"))) {
    throw new BaseError(`the program of ${ref} is older than this command and cannot be asked`);
  }
  const refusal = (text: string) => text.startsWith(reportTitle(stack));
  const answer = must(
    ["node", "dist/cli/preview.js", stack, "--describe"],
    ({ code, stdout }) => code === 0 || (code === 1 && refusal(stdout)),
  );
  return refusal(answer) ? undefined : (JSON.parse(answer) as Record<string, KnownHost>);
}
