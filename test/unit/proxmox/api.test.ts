import { explainFailure, loginOf, nameOf } from "../../../cli/proxmox/api";
import { readMachineCheck, readProxmoxApi } from "../../../cli/proxmox/input";

const api = { endpoint: "https://pve.example.net:8006" };

describe("the login", () => {
  test("is the given token, else the provider's environment, else user and password", () => {
    const environment = { PROXMOX_VE_PASSWORD: "hidden" };
    expect(loginOf({ ...api, apiToken: "a@pve!b=c", username: "root@pam" }, environment)).toEqual({
      kind: "token",
      token: "a@pve!b=c",
    });
    expect(loginOf({ ...api, username: "root@pam" }, environment)).toEqual({
      kind: "password",
      username: "root@pam",
      password: "hidden",
    });
    expect(loginOf(api, { PROXMOX_VE_API_TOKEN: "a@pve!b=c" })).toMatchObject({ kind: "token" });
    expect(loginOf({ ...api, username: "root@pam" }, {})).toBeUndefined();
  });

  test("is named without what must stay secret", () => {
    expect(nameOf({ kind: "token", token: "a@pve!b=c" })).toBe("token a@pve!b");
    expect(nameOf({ kind: "password", username: "root@pam", password: "hidden" })).toBe("user root@pam");
  });
});

test.each([
  ["ENOTFOUND", "the name does not resolve"],
  ["ECONNREFUSED", "connection refused"],
  ["ETIMEDOUT", "no answer in time"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is for another name"],
  ["CERT_HAS_EXPIRED", "the certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "not trusted (why; its SHA-256 fingerprint is AA:BB)"],
])("%s is told in words that say where and what", (code, words) => {
  const message = explainFailure(api, code, { message: "why", fingerprint: "AA:BB" });
  expect(message).toContain("Proxmox API https://pve.example.net:8006: ");
  expect(message).toContain(words);
});

describe("stdin", () => {
  test("with several mistakes lists each, and never a secret's value", () => {
    const wrong = { api: { endpoint: "http://pve", fingerprint: "AA", username: "root", apiToken: "" } };
    expect(() => readProxmoxApi(JSON.stringify(wrong))).toThrow(
      'stdin: api.endpoint: got "http://pve", want a URL such as https://pve.example.net:8006; ' +
        'api.fingerprint: got "AA", want a SHA-256 as AA:BB:..., 32 pairs; ' +
        'api.username: got "root", want a user with realm such as root@pam; api.apiToken: got "", want a text that is not empty',
    );
  });

  test("of a machine's check is taken as it is", () => {
    const machine = { host: "web", type: "vm", node: "pve", bridge: "vmbr0", datastores: [], diskGiB: 8 };
    expect(readMachineCheck(JSON.stringify({ api, machine }))).toEqual({ api: { ...api, insecure: false }, machine });
    expect(() => readMachineCheck(JSON.stringify({ api, machine: { ...machine, type: "cloud" } }))).toThrow(
      'machine.type: got "cloud", want vm or lxc',
    );
  });
});
