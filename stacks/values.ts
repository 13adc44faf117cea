import { isIP } from "node:net";
import { z } from "zod";

/** A value with a name for what it should be; the error formatter prints `got X, want <name>`, and the reference shows it as type. */
export const text = (want: string, test: (value: string) => boolean) =>
  z.string({ error: want }).refine(test, { error: want }).meta({ title: want });

export const address = text("an IPv4 or IPv6 address", (value) => isIP(value) !== 0);
export const port = z
  .int({ error: "a port, 1 to 65535" })
  .min(1, { error: "a port, 1 to 65535" })
  .max(65535, { error: "a port, 1 to 65535" });
export const hostName = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const domainName = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]*[a-z0-9]$/;
export const domain = text("a domain name such as example.net", (value) => domainName.test(value));
export const flag = z.boolean({ error: "true or false" });
export const duration = text("a duration such as 90d, 24h or 30s", (value) => /^(\d+(y|w|d|h|ms|m|s))+$/.test(value));
export const size = text("a size such as 512MiB, 2GiB or 1TiB", (value) => /^[1-9]\d*(MiB|GiB|TiB)$/.test(value));
export const bytes = text("a size in Prometheus' units such as 512MB or 40GB", (value) =>
  /^[1-9]\d*(MB|GB|TB)$/.test(value),
);
export const count = z.int({ error: "a whole number of at least 1" }).min(1, { error: "a whole number of at least 1" });
export const url = text("an http or https URL", (value) => /^https?:\/\/[^\s/]+/.test(value));
export const cidr = text("a range such as 10.0.0.0/16", (value) => {
  const [ip = "", bits = "", more] = value.split("/");
  const version = isIP(ip);
  return more === undefined && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
});
