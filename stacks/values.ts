import { z } from "zod";
import { isAddress, isCidr, isDomain } from "../plan/address";
import { durationForm, durationMs } from "../plan/duration";
import { isByteSize } from "../plan/optionChecks";

/** A value with a name for what it should be; the error formatter prints `got X, want <name>`, and the reference shows it as type. */
export const text = (want: string, test: (value: string) => boolean) =>
  z.string({ error: want }).refine(test, { error: want }).meta({ title: want });

export const address = text("an IPv4 or IPv6 address", isAddress);
export const port = z
  .int({ error: "a port, 1 to 65535" })
  .min(1, { error: "a port, 1 to 65535" })
  .max(65535, { error: "a port, 1 to 65535" });
export const domain = text("a domain name such as example.net", isDomain);
export const flag = z.boolean({ error: "true or false" });
export const duration = text(durationForm, (value) => durationMs(value) !== undefined);
export const size = text("a size such as 512MiB, 2GiB or 1TiB", (value) => /^[1-9]\d*(MiB|GiB|TiB)$/.test(value));
export const bytes = text("a size in Prometheus' units such as 512MB or 40GB", isByteSize);
export const count = z.int({ error: "a whole number of at least 1" }).min(1, { error: "a whole number of at least 1" });
export const url = text("an http or https URL", (value) => /^https?:\/\/[^\s/]+/.test(value));
export const cidr = text("a range such as 10.0.0.0/16", isCidr);
