import { X509Certificate } from "node:crypto";
import type { Problem } from "../plan/types";
import { ConfigError } from "./problems";
import type { StackValues } from "./schema";

/** Gives the text of a file, by a path relative to the project's folder; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined;

/**
 * The certificates that the primary trusts beside the public ones, each as PEM text: those of `tls.caFile`, and of `proxmox.ca`, since the
 * primary's exporter asks the Proxmox API, too.
 * @param missing what stands for the content of a file that is not there; without it that is an error
 * @throws ConfigError when a file is missing, holds no certificate, an expired one, or a private key
 */
export function readAuthorities(
  stack: string,
  { tls, proxmox }: Pick<StackValues, "tls" | "proxmox">,
  readFile: ReadFile,
  missing?: (path: string) => string,
  now = Date.now(),
): string[] {
  const problems: Problem[] = [];
  const read = (key: string, path: string | undefined): string[] => {
    if (path === undefined) return [];
    const text = readFile(path);
    if (text === undefined && missing !== undefined) return [missing(path)];
    const found = text === undefined ? "no such file" : whatIsWrong(text, now);
    if (found === undefined) return certificates(text ?? "");
    const want =
      "a PEM file with the certificate of an authority, as `openssl x509 -in FILE -noout -subject` can read it";
    problems.push({ key: `nixmon:${key}`, got: `${path}: ${found}`, want });
    return [];
  };
  const all = [
    ...read("tls.caFile", tls.caFile),
    ...read("proxmox.ca", proxmox?.insecure === true ? undefined : proxmox?.ca),
  ];
  if (problems.length > 0) throw new ConfigError(stack, problems);
  return [...new Set(all)];
}

function certificates(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map((pem) => `${pem}\n`) ?? [];
}

function whatIsWrong(text: string, now: number): string | undefined {
  if (text.includes("PRIVATE KEY-----")) return "a private key: hosts need the certificate alone";
  const all = certificates(text);
  if (all.length === 0) return "no certificate in it";
  for (const [index, pem] of all.entries()) {
    try {
      const { validTo, subject } = new X509Certificate(pem);
      if (Date.parse(validTo) < now) return `${subject.replaceAll("\n", ", ")} expired on ${validTo}`;
    } catch {
      return `certificate ${index + 1} cannot be read`;
    }
  }
  return undefined;
}
