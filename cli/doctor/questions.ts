import { hostPort } from "../../plan/address";
import { requireRow } from "../../plan/catalog";
import { credentialName } from "../../plan/secrets";
import type { HostData } from "../../plan/types";
import { quote } from "../push/remote";
import { collectorQuestions } from "./collectorQuestions";
import type { DeployedStack } from "./state";

/**
 * Shell text by name, for one host. Nothing here runs anything. No secret is ever in such a text, nor in what it prints.
 */
export type Questions = Record<string, string>;

/** Exit code where there is no folder of ours any more. */
export const folderGone = 3;

/** Seconds that a line may take from the journal to Loki. Alloy sends once a second; after a failure it repeats with pauses. */
const logSeconds = 12;

/**
 * Everything that a host is asked, beside the health gate's own checks.
 * @param nonce fresh for each run: it salts the secrets' hashes and marks the line that is to arrive in Loki
 * @param now by the clock of this machine
 */
export function questionsFor(data: HostData, stack: DeployedStack, nonce: string, now: Date): Questions {
  return {
    clock: `echo $(($(date +%s) - ${Math.round(now.getTime() / 1000)}))`,
    generation: manifests,
    payload: `cd /var/lib/nixmon/current || exit ${folderGone}; sha256sum --quiet --strict -c files.sha256 2>/dev/null`,
    ...(data.secrets.length > 0 ? { secrets: secretDigests(data, nonce) } : {}),
    ...(data.alloy === null ? {} : { log: logLine(data, nonce) }),
    ...(data.kanidm === null ? {} : { kanidm: "systemctl is-active kanidm.service" }),
    ...(data.collector === null ? {} : collectorQuestions(data, data.collector, stack)),
  };
}

/** Two lines: the manifest of the system that runs, and of the one that the next boot brings. */
const manifests = `for system in /run/current-system /nix/var/nix/profiles/system; do
  tr -d '\\n' <"$system/etc/nixmon/manifest.json"; echo
done`;

/** A line for each place where a secret is: its key, \`file\` or the unit that holds it, its salted hash or \`absent\`. */
function secretDigests({ secrets }: HostData, nonce: string): string {
  const digest = [
    "digest() {",
    `  if [ -r "$3" ]; then printf '%s %s %s\\n' "$1" "$2" "$({ printf %s ${quote(nonce)}; cat "$3"; } | sha256sum | cut -c1-64)"`,
    '  else printf \'%s %s absent\\n\' "$1" "$2"; fi',
    "}",
  ];
  const looks = secrets.flatMap(({ key, consumers }) => [
    `digest ${quote(key)} file ${quote(`/var/lib/nixmon/secrets/${key}`)}`,
    ...consumers.map((unit) => {
      const credential = quote(`/run/credentials/${unit}/${credentialName(key)}`);
      // a unit that does not run has none, and some are fed by a file made of their secrets
      return `[ ! -e ${credential} ] || digest ${quote(key)} ${quote(unit)} ${credential}`;
    }),
  ]);
  return [...digest, ...looks].join("\n");
}

/** Writes a line to the journal and waits until Loki has it: prints \`arrived\`, or what Loki or curl said last. */
function logLine({ host, addresses }: HostData, nonce: string): string {
  const url = `http://${hostPort(addresses.monitoringPrimary, requireRow("loki").port)}/loki/api/v1/query_range`;
  const query = `query={host="${host}"} |= "${nonce}"`;
  return `logger -t nixmon-doctor ${quote(`this line is looked for in Loki: ${nonce}`)}
end=$(($(date +%s) + ${logSeconds}))
while :; do
  said=$(curl -sS -G --max-time 5 ${quote(url)} --data-urlencode ${quote(query)} --data limit=1 --data since=5m 2>&1)
  case $said in *"looked for in Loki: ${nonce}"*) echo arrived; exit 0 ;; curl:*) printf '%s\\n' "$said"; exit 2 ;; esac
  [ "$(date +%s)" -lt "$end" ] || { printf '%s\\n' "$said" | cut -c1-300; exit 1; }
  sleep 0.5
done`;
}
