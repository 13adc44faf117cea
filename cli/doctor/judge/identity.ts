import type { IdentityFacts, Try } from "../collectorFacts";
import { identityAddress, identityUrl } from "../collectorQuestions";
import { type Finding, fine, type Result, type Verdict, wrong } from "../result";
import { certificateResult } from "./sites";
import { onHost, primaryOf, type Situation } from "./situation";

/** What curl's exit code says where the certificate is not trusted. */
const untrusted = 60;

/** Whether Grafana's login can work: the provider's name, as the primary resolves it, and its discovery document. */
export function judgeIdentity(situation: Situation): Verdict {
  const primary = primaryOf(situation);
  const known = primary?.facts.collector?.identity;
  const collector = primary?.host.data.collector;
  const url = collector ? identityUrl(collector) : undefined;
  if (primary === undefined || known?.asked === undefined || url === undefined) return { results: [], notes: [] };
  const name = primary.host.name;
  const what = `Grafana's login reaches ${url.hostname}`;
  const finding = known.asked.code === 200 ? undefined : trouble(situation, url, known, known.asked);
  const results: Result[] = [
    finding === undefined ? fine("identity", name, what) : wrong("identity", name, what, finding),
  ];
  if (known.certificate) results.push(certificateResult(known.certificate, identityHost(situation) ?? name, situation));
  return { results, notes: [] };
}

function identityHost(situation: Situation): string | undefined {
  return primaryOf(situation)?.host.data.allocations.identityHost;
}

function trouble(
  situation: Situation,
  url: URL,
  known: IdentityFacts,
  asked: Try,
): Omit<Finding, "explains"> | undefined {
  const primary = primaryOf(situation);
  if (primary === undefined) return undefined;
  const { host } = primary;
  const address = identityAddress(url.hostname, host.data, situation.stack);
  const look = onHost(host, `getent ahosts ${url.hostname}`);
  const wantedAddress =
    address === undefined ? "an address" : `${address}, the address of ${hostAt(address, situation)}`;
  if (known.addresses.length === 0) {
    return {
      found: `${url.hostname} does not resolve on ${host.name}`,
      wanted: wantedAddress,
      why: "Grafana asks the identity provider itself, so the primary's resolver must know the name",
      type: [look, `add ${url.hostname} to your DNS, or to networking.hosts on ${host.name}`],
    };
  }
  const elsewhere = address !== undefined && !known.addresses.includes(address);
  if (asked.exit !== untrusted && asked.code === 0 && elsewhere && known.direct?.code === 200) {
    return {
      found: `${url.hostname} resolves to ${known.addresses.join(", ")} on ${host.name}, where nothing answers`,
      wanted: wantedAddress,
      why: "the identity provider itself is well: only the name leads elsewhere",
      type: [look, `correct ${url.hostname} in your DNS, or in networking.hosts on ${host.name}`],
    };
  }
  if (asked.exit === untrusted) {
    return {
      found: `${host.name} does not trust the certificate of ${url.hostname}: ${asked.error}`,
      wanted: "a certificate of an authority that the host trusts",
      why: "Grafana refuses it too, so nobody can log in",
      type: [onHost(host, `curl -v ${url.href} -o /dev/null`)],
    };
  }
  if (asked.code === 404) {
    return {
      found: `${url.href} answers 404`,
      wanted: "the client's discovery document",
      why: "Kanidm runs, but has no client of that name: its provisioning did not work",
      type: provider(situation, "journalctl -u kanidm.service -n 50 --no-pager"),
    };
  }
  const unit = situation.facts[identityHost(situation) ?? ""]?.kanidmUnit;
  return {
    found: `${url.href} ${asked.code === 0 ? `does not answer: ${asked.error}` : `answers ${asked.code}`}`,
    wanted: "the discovery document",
    why:
      unit === undefined || unit === "active"
        ? "nobody can log in to Grafana with Kanidm"
        : `kanidm.service is ${unit}`,
    type: provider(situation, "systemctl restart kanidm.service", "journalctl -u kanidm.service -n 50 --no-pager"),
  };
}

function hostAt(address: string, { stack }: Situation): string {
  return Object.values(stack.hosts).find(({ data }) => data.address === address)?.name ?? "the identity host";
}

/** Commands for the identity host, where it is one of this stack. */
function provider(situation: Situation, ...commands: string[]): string[] {
  const host = situation.stack.hosts[identityHost(situation) ?? ""];
  return host === undefined ? [] : commands.map((command) => onHost(host, command));
}
