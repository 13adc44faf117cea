import { X509Certificate } from "node:crypto";
import { ConfigError } from "./problems";
import type { StackValues } from "./schema";

/** Gives the text of a file, by a path relative to the project's folder; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined;

/**
 * The certificates of `tls.caFile`, each as PEM text.
 * @param missing what stands for the content of a file that is not there; without it that is an error
 * @throws ConfigError when the file is missing, holds no certificate, an expired one, or a private key
 */
export function readAuthorities(
  stack: string,
  { tls: { caFile } }: StackValues,
  readFile: ReadFile,
  missing?: (path: string) => string,
  now = Date.now(),
): string[] {
  if (caFile === undefined) return [];
  const text = readFile(caFile);
  if (text === undefined && missing !== undefined) return [missing(caFile)];
  const found = text === undefined ? "no such file" : whatIsWrong(text, now);
  if (found === undefined) return certificates(text ?? "");
  const want =
    "a PEM file with the certificate of an authority, as `openssl x509 -in FILE -noout -subject` can read it";
  throw new ConfigError(stack, [{ key: "nixmon:tls.caFile", got: `${caFile}: ${found}`, want }]);
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
