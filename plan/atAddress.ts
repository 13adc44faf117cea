import type { HostData } from "./types";

/**
 * The host's data at another address than the one it was planned with: for a host whose address is found only when its machine is there.
 * The planned address must be one that no other value of the data holds, see `placeholder`.
 */
export function atAddress(data: HostData, address: string): HostData {
  if (address === data.address) return data;
  return JSON.parse(JSON.stringify(data).replaceAll(data.address, address)) as HostData;
}

/** Stands for an address that is not known yet; from 198.18.0.0/15, which no real network uses (RFC 2544). No two share a beginning. */
export function placeholder(index: number): string {
  return `198.18.${100 + Math.floor(index / 100)}.${100 + (index % 100)}`;
}
