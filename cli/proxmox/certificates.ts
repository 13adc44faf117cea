import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Where the Proxmox provider, a Go program, looks for certificates it trusts; Go's own lists for Linux. We look at the same places, so
 * that a certificate which passes here passes there.
 */
const files = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];
const folders = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

type Environment = Readonly<Record<string, string | undefined>>;

/** The certificates, PEM, that the provider trusts in this environment. */
export function trustedByProvider(environment: Environment = process.env): string[] {
  const file = environment.SSL_CERT_FILE || files.find((path) => existsSync(path));
  const given = environment.SSL_CERT_DIR;
  return [...(file === undefined ? [] : pems(file)), ...(given ? given.split(":") : folders).flatMap(inFolder)];
}

/** The certificates in a PEM file, each by itself. A file that cannot be read holds none. */
export function pems(path: string): string[] {
  try {
    return readFileSync(path, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  } catch {
    return [];
  }
}

function inFolder(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => pems(join(folder, name)));
  } catch {
    return [];
  }
}
