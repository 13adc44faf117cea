import type { HostFacts } from "../facts";
import { fine, type Note, type Result, type Verdict, wrong } from "../result";
import type { DeployedHost } from "../state";
import { judgeGate } from "./gate";
import { onHost, primaryOf, restore, type Situation, turnedOff } from "./situation";

/** SSH, the health gate's checks, and whether the host runs what the stack deployed. */
export function judgeHosts(situation: Situation): Verdict {
  const verdict: Verdict = { results: [], notes: [] };
  for (const [name, facts] of Object.entries(situation.facts)) {
    const host = situation.stack.hosts[name];
    if (host === undefined) continue;
    verdict.results.push(reach(host, facts, situation));
    if (facts.failure !== undefined) continue;
    verdict.results.push(
      ...clock(host, facts),
      ...judgeGate(host, facts, situation),
      ...generation(host, facts, situation),
      ...logs(host, facts),
    );
    verdict.notes.push(...notes(host, facts));
  }
  return verdict;
}

function reach(host: DeployedHost, { failure }: HostFacts, situation: Situation): Result {
  const { name } = host;
  const key = `reach/${name}`;
  const what = "SSH answers with the pinned host key";
  if (failure === undefined) return fine(key, name, what);
  const runs = primaryOf(situation)?.facts.collector?.targets?.some(
    ({ labels, health, scrapeUrl }) => labels.host === name && health === "up" && !scrapeUrl.includes("127.0.0.1"),
  );
  return wrong(key, name, what, {
    found: failure.message,
    wanted: "one SSH session",
    why: runs
      ? "the machine runs, since Prometheus still gets its metrics: only SSH is in the way"
      : "nothing else of this host could be checked",
    type: [
      remedies[failure.kind] ?? "",
      `ssh -v -p ${host.connection.port} ${host.connection.user}@${host.connection.host}`,
    ]
      .filter((line) => line !== "")
      .map((line) => line.replaceAll("ADDRESS", host.connection.host)),
    explains: [`target/${name}/*`, `network/${name}`, ...rolesOf(host)],
  });
}

/** A host may take this long to answer, seconds. What is wrong with a clock is mostly hours. */
const clockTolerance = 60;

function clock(host: DeployedHost, { clockAhead }: HostFacts): Result[] {
  const { name } = host;
  const key = `clock/${name}`;
  const what = "its clock agrees with this machine's";
  if (clockAhead === undefined) return [];
  if (Math.abs(clockAhead) <= clockTolerance) return [fine(key, name, what)];
  return [
    wrong(key, name, what, {
      found: `the host's clock is ${duration(Math.abs(clockAhead))} ${clockAhead > 0 ? "ahead" : "behind"}`,
      wanted: `at most ${clockTolerance} s apart`,
      why: "no time server sets it, or none sets this machine's; logins and certificates fail, and logs are refused or filed at the wrong time",
      type: [onHost(host, "date; timedatectl"), "date"],
      explains: [`logs/${name}`],
    }),
  ];
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** What the rest of the cluster misses when a host does not do its work. */
function rolesOf({ name, data }: DeployedHost): string[] {
  return [
    `logs/${name}`,
    ...(data.collector === null
      ? []
      : [
          "logs/*",
          "target/*",
          "site/*",
          "prometheus",
          "alertmanagers",
          "reload/*",
          "forecast/*",
          "identity",
          "proxmox",
        ]),
    ...(name === data.allocations.ioPrimaryHost ? ["site/*", "certificate/*"] : []),
    ...(name === data.allocations.identityHost ? ["identity"] : []),
  ];
}

/** Where the likeliest next step is not another look at SSH. */
const remedies: Record<string, string> = {
  unreachable: "ping -c 3 ADDRESS",
  "host key": "ssh-keyscan -t ed25519 ADDRESS",
};

function generation(host: DeployedHost, facts: HostFacts, situation: Situation): Result[] {
  const { name, manifest } = host;
  const what = "the host runs what the stack deployed";
  const { gate: found, generation: systems, changedFiles = [] } = facts;
  if (found?.pending) return [];
  const running = systems?.running;
  if (running?.hash !== manifest.hash) {
    const held = found?.hash === manifest.hash;
    return [
      wrong(`generation/${name}`, name, what, {
        found: `runs configuration ${short(running?.hash)}`,
        wanted: `${short(manifest.hash)}, which the stack deployed`,
        why: held
          ? "the files of the stack are there, but an older system was activated by hand or booted"
          : "another deployment, or somebody by hand, put other files there",
        type: [held ? onHost(host, "nixos-rebuild switch") : restore(situation, name)],
        explains: [
          ...["exporters", "boot", "payload"].map((kind) => `${kind}/${name}`),
          ...["unit", "metric", "ready", "target", "secret", "credential"].map((kind) => `${kind}/${name}/*`),
          ...rolesOf(host),
        ],
      }),
    ];
  }
  const results = [fine(`generation/${name}`, name, what)];
  if (systems?.bootDefault?.hash !== manifest.hash) {
    results.push(
      wrong(`boot/${name}`, name, what, {
        found: `the next boot brings configuration ${short(systems?.bootDefault?.hash)}`,
        wanted: `${short(manifest.hash)}, which runs now`,
        why: "a system was made the boot default by hand, or a rollback was only half done",
        type: [onHost(host, "nixos-rebuild boot")],
      }),
    );
  }
  if (changedFiles.length > 0) {
    results.push(
      wrong(`payload/${name}`, name, what, {
        found: facts.payloadGone
          ? "/var/lib/nixmon/current is not there"
          : `changed by hand below /var/lib/nixmon/current: ${changedFiles.slice(0, 5).join(", ")}`,
        wanted: "the files as the stack sent them",
        why: facts.payloadGone
          ? "somebody removed it; what runs goes on, but the next nixos-rebuild or restart on that host fails"
          : "the next nixos-rebuild on that host would build something that no stack knows",
        type: [restore(situation, name)],
        // all that a restore of this host brings back
        explains: facts.payloadGone ? [`secret/${name}/*`, `file/${name}`, "oauth"] : [],
      }),
    );
  }
  return [...results, ...exporters(host, turnedOff(host, facts), running.exporters)];
}

function exporters(host: DeployedHost, lost: readonly string[], offered: readonly string[]): Result[] {
  const { name } = host;
  const deployed = host.manifest.exporters.map((exporter) => exporter.name);
  const added = offered.filter((each) => !deployed.includes(each));
  if (lost.length + added.length === 0) return [];
  const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));
  return [
    wrong(`exporters/${name}`, name, "the host runs what the stack deployed", {
      found: `the host's own configuration has since turned off: ${list(lost)}; turned on: ${list(added)}`,
      wanted: `the exporters that Prometheus was told of: ${list(deployed)}`,
      why: "somebody changed server.monitoring.* in the host's configuration and rebuilt; the primary does not know",
      type: [restoreHint, onHost(host, "grep -rn server.monitoring /etc/nixos --include=*.nix")],
      explains: lost.flatMap((each) => [`target/${name}/${each}`, `target/${name}/${each}:*`]),
    }),
  ];
}

const restoreHint =
  "say the same in Pulumi.<stack>.yaml and deploy, or take it out of the host's configuration and rebuild there";

function logs(host: DeployedHost, { log }: HostFacts): Result[] {
  const { name } = host;
  const what = "a line written now arrives in Loki";
  if (log === undefined) return [];
  if (log.arrived) return [fine(`logs/${name}`, name, what)];
  return [
    wrong(`logs/${name}`, name, what, {
      found: log.reachable
        ? `a line written to ${name}'s journal is not in Loki after 12 s`
        : `Loki does not answer to ${name}: ${log.said}`,
      wanted: "the line in Loki",
      why: log.reachable
        ? "Alloy runs but does not read the journal, or cannot send what it reads"
        : "the network or a firewall is between this host and the primary's port 3100",
      type: [onHost(host, "journalctl -u alloy.service -n 50 --no-pager")],
      // its Caddy serves Loki's site by the same way
      explains: !log.reachable && name === host.data.allocations.ioPrimaryHost ? ["site/loki.*"] : [],
    }),
  ];
}

function notes(host: DeployedHost, { gate: found }: HostFacts): Note[] {
  const { name, manifest } = host;
  const notes: Note[] = [];
  if (found?.pending) {
    notes.push({
      host: name,
      text: `a deployment of ${short(found.pending.hash)} is at work there (${found.pending.phase})`,
    });
  }
  for (const [program, version] of Object.entries(found?.versions ?? {})) {
    const then = manifest.versions[program];
    if (then !== undefined && then !== version) {
      notes.push({ host: name, text: `${program} is ${version}, at the last deployment it was ${then}` });
    }
  }
  return notes;
}

/** The first 12 characters: enough to tell configurations apart. */
function short(hash: string | undefined): string {
  return hash === undefined || hash === "" ? "without nixmon" : hash.slice(0, 12);
}
