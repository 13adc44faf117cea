import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ReadFile, readAuthorities } from "../../../stacks/authorities";
import { parseStack } from "../../../stacks/config";

const folder = mkdtempSync(join(tmpdir(), "authorities-"));
afterAll(() => rmSync(folder, { recursive: true }));

function certificate(name: string, ...more: string[]): string {
  const at = join(folder, name);
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", [...words, "-subj", `/CN=${name}`, "-keyout", `${at}.key`, "-out", at, ...more], {
    stdio: "ignore",
  });
  return readFileSync(at, "utf8");
}

const one = certificate("one", "-days", "30");
const two = certificate("two", "-days", "30");

const values = (caFile?: string, proxmox?: { ca?: string; insecure?: boolean }) =>
  parseStack("test", {
    domain: "example.net",
    allocations: { server: { monitoringPrimaryHost: "nixmon" } },
    lan: ["10.0.0.0/16"],
    hosts: { nixmon: { address: "10.0.0.2" } },
    tls: caFile === undefined ? {} : { caFile },
    ...(proxmox && { proxmox: { endpoint: "https://pve.example.net:8006", ...proxmox } }),
  });
const holding =
  (text: string): ReadFile =>
  () =>
    text;

const files =
  (texts: Record<string, string>): ReadFile =>
  (path) =>
    texts[path];

test("the authority of the Proxmox API is trusted, too, since the primary's exporter asks it", () => {
  const read = files({ "ca.pem": one, "pve.pem": two, "both.pem": one + two });
  expect(readAuthorities("test", values(undefined, { ca: "pve.pem" }), read)).toEqual([two]);
  expect(readAuthorities("test", values("ca.pem", { ca: "pve.pem" }), read)).toEqual([one, two]);
  expect(readAuthorities("test", values("ca.pem", { ca: "both.pem" }), read)).toEqual([one, two]);
  expect(readAuthorities("test", values("ca.pem", {}), read)).toEqual([one]);
  // nobody verifies anything then
  expect(readAuthorities("test", values(undefined, { ca: "pve.pem", insecure: true }), read)).toEqual([]);
});

test("what is wrong with either file is told at once, each by its own key", () => {
  const read = () => readAuthorities("test", values("ca.pem", { ca: "pve.pem" }), files({ "ca.pem": "hello" }));
  expect(read).toThrow("nixmon:tls.caFile: got ca.pem: no certificate in it");
  expect(read).toThrow("nixmon:proxmox.ca: got pve.pem: no such file");
});

test("without tls.caFile and proxmox.ca no file is read", () => {
  const never: ReadFile = () => {
    throw new Error("a file was read");
  };
  expect(readAuthorities("test", values(), never)).toEqual([]);
});

test("each certificate of the file is taken, and nothing else of it", () => {
  expect(readAuthorities("test", values("ca.pem"), holding(`Bag Attributes\n${one}junk\n${two}`))).toEqual([one, two]);
});

test.each([
  ["a private key beside the certificate", one + readFileSync(join(folder, "one.key"), "utf8"), "a private key"],
  ["no certificate", "hello", "no certificate in it"],
  [
    "a damaged certificate",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "certificate 1 cannot be read",
  ],
])("%s is refused by name", (_, text, found) => {
  const read = () => readAuthorities("test", values("pki/ca.pem"), holding(text));
  expect(read).toThrow(`nixmon:tls.caFile: got pki/ca.pem: `);
  expect(read).toThrow(found);
  expect(read).not.toThrow("PRIVATE KEY-----");
});

test("an expired certificate is refused with its name and date", () => {
  const inAYear = Date.now() + 365 * 24 * 3600 * 1000;
  const read = (now?: number) => readAuthorities("test", values("ca.pem"), holding(one), undefined, now);
  expect(() => read(inAYear)).toThrow(/ca\.pem: CN=one expired on /);
  expect(read()).toEqual([one]);
});

test("a file that is not there is a mistake for a deployment, and a placeholder for whoever only looks", () => {
  const none: ReadFile = () => undefined;
  expect(() => readAuthorities("test", values("ca.pem"), none)).toThrow("ca.pem: no such file");
  expect(readAuthorities("test", values("ca.pem"), none, (path) => `<${path}>`)).toEqual(["<ca.pem>"]);
});
