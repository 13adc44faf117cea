import { secretKeys } from "../../../plan/secrets";
import type { SecretDigest } from "../facts";
import { fine, type Result, type Verdict, wrong } from "../result";
import type { DeployedHost } from "../state";
import { onHost, restore, type Situation } from "./situation";

/** Each secret is there, its consumers hold the present value, and the two ends of the login have the same. Compared by salted hash. */
export function judgeSecrets(situation: Situation): Verdict {
  const results: Result[] = [];
  for (const [name, facts] of Object.entries(situation.facts)) {
    const host = situation.stack.hosts[name];
    if (host === undefined || facts.secrets === undefined) continue;
    for (const { key } of host.data.secrets) {
      const known = facts.secrets.filter((each) => each.key === key);
      results.push(secret(host, key, known, situation));
    }
  }
  const login = oauth(situation);
  return { results: login === undefined ? results : [...results, login], notes: [] };
}

function secret(host: DeployedHost, key: string, known: readonly SecretDigest[], situation: Situation): Result {
  const { name } = host;
  const what = `secret ${key} is there and in use`;
  const file = known.find(({ where }) => where === "file")?.digest;
  if (file === undefined) {
    return wrong(`secret/${name}/${key}`, name, what, {
      found: `/var/lib/nixmon/secrets/${key} is not there`,
      wanted: "the file, 0400, of root",
      why: "it was removed by hand; its consumer fails at its next start",
      type: [restore(situation, name)],
      explains: key.startsWith("MONITORING/PROXMOX/") ? ["proxmox", `metric/${name}/pve`] : [],
    });
  }
  const old = known.filter(({ where, digest }) => where !== "file" && digest !== file).map(({ where }) => where);
  if (old.length === 0) return fine(`secret/${name}/${key}`, name, what);
  return wrong(`credential/${name}/${key}`, name, what, {
    found: `${old.join(", ")} holds another value of ${key} than the file`,
    wanted: "the same value",
    why: "a unit reads its credentials when it starts, and the file has changed since",
    type: [onHost(host, `systemctl restart ${old.join(" ")}`)],
  });
}

/** The identity provider and Grafana must know the same client secret. */
function oauth({ stack, facts }: Situation): Result | undefined {
  const end = (key: string) =>
    Object.entries(facts).flatMap(([name, each]) =>
      (each.secrets ?? [])
        .filter((digest) => digest.key === key && digest.where === "file")
        .map((digest) => ({ ...digest, name })),
    )[0];
  const grafana = end(secretKeys.grafanaOAuthSecret);
  const kanidm = end(secretKeys.kanidmGrafanaSecret);
  if (grafana === undefined || kanidm === undefined) return undefined;
  const what = "Grafana's login secret is equal at both ends";
  if (grafana.digest === kanidm.digest) return fine("oauth", grafana.name, what);
  return wrong("oauth", grafana.name, what, {
    found: `${secretKeys.grafanaOAuthSecret} on ${grafana.name} differs from ${secretKeys.kanidmGrafanaSecret} on ${kanidm.name}`,
    wanted: "the same value",
    why: "one of the two was changed by hand: nobody can log in to Grafana with Kanidm",
    type: [grafana.name, kanidm.name].map((host) => `make restore STACK=${stack.stack} HOST=${host}`),
    explains: [grafana, kanidm].flatMap(({ name, key }) => [`credential/${name}/${key}`]),
  });
}
