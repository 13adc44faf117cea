import { isIP } from "node:net";

/** `address:port` as URLs and Prometheus write it; IPv6 in brackets. */
export function hostPort(address: string, port: number): string {
  return `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** A range such as `10.0.0.0/16`. */
export function isCidr(text: string): boolean {
  const [address = "", bits = "", more] = text.split("/");
  const version = isIP(address);
  return more === undefined && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const hostNamePattern = new RegExp(`^${label}$`);
const domainPattern = new RegExp(`^(?:${label}\\.)+${label}$`);

/** A single label: a host's name is also a file name and a label value. */
export function isHostName(text: string): boolean {
  return hostNamePattern.test(text);
}

/** A full name such as `grafana.example.net`. */
export function isDomain(text: string): boolean {
  return text.length <= 253 && domainPattern.test(text);
}

/** An upstream: `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets. */
export function isHostPort(text: string): boolean {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text);
  if (found === null || !isPort(Number(found[3]))) return false;
  const [, six, other = ""] = found;
  return six !== undefined ? isIP(six) === 6 : isIP(other) === 4 || isHostName(other) || isDomain(other);
}
