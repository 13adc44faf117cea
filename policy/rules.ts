import { isIP } from "node:net";
import { catalog } from "../plan/catalog";
import type { HostData, Json } from "../plan/types";

/** What must not be deployed. Pure: the policy pack and `make preview` ask the same questions. */
export const policies = {
  "pinned-host-key": "Every SSH connection checks a pinned host key, so that nobody can pose as a host.",
  "closed-exporters": "Exporters, Prometheus, Loki and Alertmanager are not open to the world.",
  "protected-primary": "The primary's machine, which holds all metrics and logs, refuses to be destroyed.",
  "no-plain-secrets": "What a host is told holds no secret: it lands in the world-readable Nix store.",
} as const;
export type PolicyName = keyof typeof policies;

/** @returns what is wrong with an SSH connection, undefined when nothing is */
export function hostKeyProblem(host: string, hostKey: string | undefined): string | undefined {
  if (hostKey !== undefined && /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ [A-Za-z0-9+/]{40,}={0,2}/.test(hostKey))
    return undefined;
  const got = hostKey === undefined || hostKey === "" ? "none" : JSON.stringify(hostKey.slice(0, 40));
  return `${host}: the connection pins no host key (got ${got}): whoever answers at this address would be trusted. Set ssh.hostKey to the first two words of /etc/ssh/ssh_host_ed25519_key.pub`;
}

/** @param protect in the engine, @param protection in Proxmox */
export function protectionProblem(host: string, protect: boolean, protection: boolean): string | undefined {
  if (protect && protection) return undefined;
  const where = [protect ? "" : "the engine", protection ? "" : "Proxmox"].filter((side) => side !== "").join(" and ");
  return `${host}: the primary's machine is not protected in ${where}: one wrong \`destroy\` takes all metrics and logs. Leave out machine.protect, or set it to true`;
}

type Exposed = Pick<HostData, "host" | "lan" | "addresses" | "virtualHosts">;

/** @returns each way in which a host's data opens something to the world */
export function exposureProblems({ host, lan, addresses, virtualHosts }: Exposed): string[] {
  const problems = lan.flatMap((range) => {
    const why = tooWide(range);
    return why === undefined
      ? []
      : [`${host}: lan has ${range}, ${why}: Loki and all sites for the LAN would be open to it`];
  });
  for (const [role, address] of Object.entries(addresses)) {
    if (address === "0.0.0.0" || address === "::") {
      problems.push(
        `${host}: addresses.${role} is ${address}, which is everybody: exporters are opened to this address`,
      );
    }
  }
  for (const [domain, site] of Object.entries(virtualHosts)) {
    const service =
      site.access === "public" ? monitoringService(site.upstream, addresses.monitoringPrimary) : undefined;
    if (service !== undefined) {
      problems.push(
        `${host}: ${domain} is public and leads to ${service} (${site.upstream}), which asks nobody for a password. Set its access to lan`,
      );
    }
  }
  return problems;
}

/** Grafana asks for a login; nothing else of ours does. */
function monitoringService(upstream: string, primary: string): string | undefined {
  const cut = upstream.lastIndexOf(":");
  const [address, port] = [upstream.slice(0, cut).replace(/^\[|\]$/g, ""), Number(upstream.slice(cut + 1))];
  const onPrimary = address === primary || address === "127.0.0.1" || address === "localhost";
  return catalog.find((row) => row.port === port && row.name !== "grafana" && (row.kind === "exporter" || onPrimary))
    ?.name;
}

const privateRanges = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "127.0.0.0/8",
];

/** Why a range is no LAN: public IPv4 wider than /24, or IPv6 wider than a site's /48. */
function tooWide(range: string): string | undefined {
  const [address = "", prefix = ""] = range.split("/");
  const bits = Number(prefix);
  if (bits === 0) return "which is everybody";
  if (isIP(address) === 6) {
    const own = /^f[cde]/i.test(address);
    return own || bits >= 48 ? undefined : "which is wider than a site's /48";
  }
  const inside = privateRanges.some((whole) => {
    const [network = "", size = ""] = whole.split("/");
    return bits >= Number(size) && number(address) >>> (32 - Number(size)) === number(network) >>> (32 - Number(size));
  });
  return inside || bits >= 24 ? undefined : "public addresses, more than a /24";
}

function number(ipv4: string): number {
  return ipv4.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}

const secretName = /(password|passwd|secret|token|api_?key|private_?key|passphrase)$/i;
/** A name of a secret, or where it is read from. */
const reference = /^(\$__file\{.*\}|\/.*|[A-Z0-9_]+(\/[A-Z0-9_]+)*)$/s;
const secretShapes: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/\S+@\w+!\w+=[0-9a-f]{8}-[0-9a-f-]{27}/, "a Proxmox API token"],
  [/:\/\/[^/\s:@]+:[^/\s@]+@/, "a URL with a password"],
  [/\/api\/webhook\/[^/\s]{6,}/, "a Home Assistant webhook, whose id is the secret"],
  [/hc-ping\.com\/[0-9a-f-]{36}/, "a ping URL, whose id is the secret"],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/, "a signed token"],
  [/\bBearer [\w.~+/-]{16,}/, "a bearer token"],
  [/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9_-]{32,}$/, "a random text of 32 or more characters"],
];

/** @returns where a host's data holds what looks like a secret; the values are not shown */
export function plainSecrets(data: Pick<HostData, "host">): string[] {
  const found: string[] = [];
  const look = (path: string, key: string, value: Json | undefined): void => {
    if (typeof value === "string") {
      const shape = secretShapes.find(([pattern]) => pattern.test(value))?.[1];
      const named = secretName.test(key) && value !== "" && !reference.test(value) ? `a value named ${key}` : undefined;
      const what = shape ?? named;
      if (what !== undefined) {
        found.push(
          `${data.host}: ${path} holds ${what}: it would be readable by everybody on the host. Give it by \`pulumi config set --secret\` and refer to it by file`,
        );
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        look(Array.isArray(value) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`, name, inner);
      }
    }
  };
  look("", "", data as unknown as Json);
  return found;
}
