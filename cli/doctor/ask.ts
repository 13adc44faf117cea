import type { FailureKind } from "../push/failure";
import { ReachError, visit } from "../push/reach";
import { packageRoot, productFiles } from "../push/release";
import { agentCommand, agentInput } from "../push/remote";
import type { DeployedHost } from "./state";

/** How one question's command ended on the host. */
export interface Answer {
  /** Exit code; 124 where it took too long. */
  code: number;
  out: string;
  err: string;
}

/** Why nothing could be asked. `silent`: reached, and then no answer. */
export interface Unreached {
  kind: FailureKind | "silent";
  message: string;
}

export type Asked = { answers: Record<string, Answer> } | { failure: Unreached };

/** Seconds that one question may take on the host. */
const questionSeconds = 25;

/** Runs on the host with the agent's length, the agent and the questions on stdin; nothing of it is written to a disk. */
const driver = `set -u
length=$(timeout 60 head -c 9) && agent=$(timeout 60 head -c "$length") || exit 12
dir=$(mktemp -d /run/nixmon-doctor.XXXXXX) || exit 12
trap 'rm -rf "$dir"' EXIT
# without space all answers would be empty
printf '%s\\n' "$agent" >"$dir/space" || { echo "no space is left below /run: df -h /run" >&2; exit 12; }
rm "$dir/space"
keep() { name=$1; shift; timeout -k 2 ${questionSeconds} "$@" >"$dir/$name.out" 2>"$dir/$name.err"; echo $? >"$dir/$name.code"; }
printf '%s\\n' "$agent" | keep status sh -s status &
while IFS=' ' read -r name command && [ "$name" != . ]; do
  keep "$name" sh -c "$(printf %s "$command" | base64 -d)" </dev/null &
done
wait
cd "$dir" || exit 12
for code in *.code; do
  name=\${code%.code}
  printf '%s %s %s %s\\n' "$name" "$(cat "$code")" "$(base64 -w 0 <"$name.out")." "$(base64 -w 0 <"$name.err")."
done`;

/**
 * Asks one host everything over one SSH connection; the health gate's checks among it, as \`status\`.
 * @param questions shell command by name
 */
export async function ask(host: DeployedHost, questions: Readonly<Record<string, string>>): Promise<Asked> {
  const lines = Object.entries(questions).map(([name, text]) => `${name} ${Buffer.from(text).toString("base64")}\n`);
  try {
    const ended = await visit(host, {
      command: agentCommand(host.connection.user, []),
      input: () => agentInput(Buffer.from(driver), agentInput(agent(), `${lines.join("")}.\n`).toString()),
      heartbeat: false,
      connect: 8,
      retryFor: 5,
      silence: questionSeconds + 15,
      deadline: questionSeconds + 20,
    });
    if (ended.code !== 0) {
      const said = ended.stderr.trim().split("\n").at(-1) ?? "";
      return { failure: { kind: "silent", message: `${host.name}: the questions ended with ${ended.code}: ${said}` } };
    }
    return { answers: readAnswers(ended.stdout) };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return { failure: { kind: error.failure?.kind ?? "silent", message: error.message } };
  }
}

/** The agent of this release, as hosts get it. */
function agent(): Buffer {
  const file = productFiles(packageRoot(), { dashboards: false }).find(({ path }) => path === "agent");
  if (file === undefined) throw new Error("the package holds no agent; install it again");
  return file.content;
}

export function readAnswers(stdout: string): Record<string, Answer> {
  const answers: Record<string, Answer> = {};
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    const [name = "", code = "", out = "", err = ""] = line.split(" ");
    answers[name] = { code: Number(code), out: decode(out), err: decode(err) };
  }
  return answers;
}

function decode(text: string): string {
  return Buffer.from(text.replace(/\.$/, ""), "base64").toString();
}
