import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * What the Proxmox exporter's own HTTP client, of the version that `make tools` installs, makes of a certificate as Proxmox VE signs it:
 * a server on the loopback has one, and Python is told to be as strict as it is since 3.13.
 */
const cache = process.env.NIXMON_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "nixmon");
const library = join(cache, "pve-exporter");
const ours = resolve(__dirname, "../../modules/nixos/server/monitoring/integrations/python");
const folder = mkdtempSync(join(tmpdir(), "trust-"));
const at = (name: string) => join(folder, name);
let server: Server;

function openssl(...words: string[]): void {
  execFileSync("openssl", words, { stdio: "ignore" });
}
const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** As `pvecm` makes it: nothing but the defaults of openssl.cnf. */
function authority(name: string): void {
  openssl(
    "req",
    "-x509",
    ...key,
    "-days",
    "30",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    at(`${name}.key`),
    "-out",
    at(name),
  );
}

beforeAll(async () => {
  authority("pve");
  authority("other");
  openssl("req", "-new", ...key, "-subj", "/CN=node", "-keyout", at("node.key"), "-out", at("node.csr"));
  writeFileSync(
    at("extensions"),
    "subjectAltName=DNS:localhost\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=serverAuth\n",
  );
  const signed = ["-CA", at("pve"), "-CAkey", at("pve.key"), "-CAcreateserial", "-extfile", at("extensions")];
  openssl("x509", "-req", "-in", at("node.csr"), ...signed, "-days", "30", "-out", at("node"));
  server = createServer({ key: readFileSync(at("node.key")), cert: readFileSync(at("node")) }, (_, answer) =>
    answer.end("{}"),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const strict = "tls.sys = types.SimpleNamespace(version_info=(3, 13))";

/** The last line of what Python says to one request. */
function ask(host: string, bundle: string, more: string[], before = strict): Promise<string> {
  const url = `https://${host}:${(server.address() as AddressInfo).port}/`;
  const script = `import types, requests, urllib3.util.ssl_ as tls\n${before}\nprint(requests.get("${url}").status_code)`;
  const env = { ...process.env, REQUESTS_CA_BUNDLE: at(bundle), PYTHONPATH: [...more, library].join(":") };
  return new Promise((done) => {
    execFile("python3", ["-c", script], { env }, (_, stdout, stderr) =>
      done((stdout + stderr).trimEnd().split("\n").at(-1) ?? ""),
    );
  });
}

test("the authority that Proxmox VE makes for itself is accepted by the exporter; control: strict Python alone refuses it", async () => {
  expect(await ask("localhost", "pve", [ours])).toBe("200");
  expect(await ask("localhost", "pve", [])).toContain("CA cert does not include key usage extension");
});

test("another authority is refused all the same, and so is another name", async () => {
  expect(await ask("localhost", "other", [ours])).toContain("CERTIFICATE_VERIFY_FAILED");
  expect(await ask("127.0.0.1", "pve", [ours])).toMatch(/doesn't match|not valid for|mismatch/i);
});

test("what the interpreter itself runs first is run as well", async () => {
  writeFileSync(at("sitecustomize.py"), "import os\nos.environ['SEEN'] = 'yes'\n");
  const before = `${strict}\nimport os\nprint(os.environ.get("SEEN"))\nraise SystemExit`;
  expect(await ask("localhost", "pve", [ours, folder], before)).toBe("yes");
});
