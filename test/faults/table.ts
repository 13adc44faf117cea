/** What one fault did to one host. */
export interface Row {
  name: string;
  what: string;
  role: string;
  /** Until the old generation ran and served again, counted from the end of the run, or from the kill; undefined where it did not. */
  seconds: number | undefined;
  /** How long the run took. */
  run: number;
  code: number | null;
  /** The error's lines about the host; empty where the engine was killed. */
  said: string;
}

/** What a line of the table is about. */
export const keyOf = (line: string): string => line.split(" | ").slice(0, 2).join(" | ").replace(/^\| /, "");

/** The lines of a document that are about a fault. */
export const linesOf = (document: string): string[] =>
  document.split("\n").filter((line) => /^\| (?!fault \|)/.test(line) && !line.startsWith("| ---"));

/**
 * The document that `make test-faults` writes.
 * @param on the day of the last run
 */
export function table(lines: readonly string[], limits: Readonly<Record<string, number>>, on: string): string {
  const bounds = Object.entries(limits).map(([name, seconds]) => `${name} ${seconds} s`);
  return `# Faults

What happens when a deployment goes wrong, tried with the real engine on the sandbox's hosts. Written by \`make test-faults\`,
last on ${on}; a third of it is tried by each \`make test\`.
Limits of these runs: ${bounds.join(", ")} (\`nixmon:limits\`; the defaults are longer).

After each of these: the host runs its old generation, or wholly the new one where it says so, with all its checks passing; the next \`up\` with the fault gone converges without
any repair by hand, and the one after it changes nothing. Only a run in which all of this held writes its lines.

"Back" is the time until that generation runs and serves, counted from the end of the run (0: it was back before the run ended), or,
where the engine is killed, the power or the network cut, from that moment. "Exit" is the exit code of \`pulumi up\`; a killed engine has
none. It leaves its lock on the state, which \`make up\` lifts by itself where the state is in files of the same machine (elsewhere:
\`pulumi cancel\`).

| fault | host | back, s | run, s | exit | what the error says |
| --- | --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
}

/** One line of it. */
export function line({ what, role, seconds, run, code, said }: Row): string {
  const back = seconds === undefined ? "**never**" : seconds < 0.5 ? "0" : seconds.toFixed(0);
  return `| ${what} | ${role} | ${back} | ${run.toFixed(0)} | ${code ?? "killed"} | ${cell(finding(said))} |`;
}

/** The sentence that names the cause: of the agent, or of push.js where the agent could not speak. */
function finding(said: string): string {
  const lines = said.split("\n").map((text) => text.trim());
  const agent = lines.find((text) => /: FAILED /.test(text));
  const push = lines.find((text) => /^push apply: /.test(text));
  return (agent ?? push ?? "-").replace(/^push apply: /, "").replace(/^\S+: FAILED \S+: /, "");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\b[0-9a-f]{64}\b/g, (hash) => `${hash.slice(0, 12)}…`);
}
