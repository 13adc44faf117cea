import { readApply, readHost, readRemove, readSecrets, readTargets } from "../../../cli/push/input";

const hostKey = `ssh-ed25519 ${Buffer.alloc(51, 7).toString("base64")}`;
const host = { connection: { host: "10.0.0.3", port: 22, user: "root", hostKey }, name: "nixio" };
const apply = {
  ...host,
  release: "0".repeat(64),
  limits: { build: 1800, activate: 300, gate: 90, confirm: 60 },
  data: { schema: 1, host: "nixio", collector: null },
};

describe("stdin", () => {
  test("of each subcommand is taken as it is", () => {
    expect(readHost(JSON.stringify(apply))).toEqual(host);
    expect(readApply(JSON.stringify(apply))).toEqual({ ...apply, activation: {} });
    expect(readSecrets(JSON.stringify({ ...host, secrets: { "A/B": "x" } })).secrets).toEqual({ "A/B": "x" });
    expect(readTargets(JSON.stringify({ ...host, host: "nixcloud", targets: [] })).host).toBe("nixcloud");
  });

  test("says of a host that its machine is made here, and nothing of another", () => {
    expect(readRemove(JSON.stringify({ ...apply, made: true }))).toMatchObject({ made: true });
    expect(readTargets(JSON.stringify({ ...host, made: true, host: "nixcloud", targets: [] }))).toMatchObject({
      made: true,
    });
    expect(readRemove(JSON.stringify(apply))).not.toHaveProperty("made");
    expect(() => readRemove(JSON.stringify({ ...apply, made: "yes" }))).toThrow(
      'made: got "yes", want true, or nothing',
    );
  });

  test("says how a flake is built, and refuses what nixos-rebuild would take for an option", () => {
    const activation = { flake: "/etc/nixos#nixio", impure: true, buildHost: "root@builder" };
    expect(readRemove(JSON.stringify({ ...apply, activation })).activation).toEqual(activation);
    const wrong = { flake: "--fast#x", buildHost: "-x" };
    expect(() => readRemove(JSON.stringify({ ...apply, activation: wrong }))).toThrow(
      'stdin: activation.buildHost: got "-x", want a host such as root@builder; ' +
        'activation.flake: got "--fast#x", want a flake such as /etc/nixos#nixio; ' +
        "activation.impure: got nothing, want true, or activation.overrideInput",
    );
  });

  test("with several mistakes lists every wrong key with what it got and what it wants", () => {
    const connection = { host: "-oProxyCommand=x", port: "22", user: "a b" };
    expect(() => readHost(JSON.stringify({ connection, name: "../x" }))).toThrow(
      'stdin: name: got "../x", want a host name; ' +
        'connection.host: got "-oProxyCommand=x", want a host name or address; ' +
        'connection.port: got "22", want a whole number from 1 to 65535; connection.user: got "a b", want a user name; ' +
        "connection.hostKey: got nothing, want a public key such as `ssh-ed25519 AAAA...`",
    );
  });

  test("of a host whose address was not found names the host, where its interface is configured, and what to do", () => {
    const unfound = { ...apply, connection: { ...host.connection, host: "" } };
    for (const read of [readApply, readHost, readRemove])
      expect(() => read(JSON.stringify(unfound))).toThrow(
        "nixio: no IPv4 address was found on the interface that hosts.nixio.address names. Is there a DHCP server",
      );
  });

  test("for one host with the data of another is refused", () => {
    const wrong = { ...apply, data: { ...apply.data, host: "nixcloud" } };
    expect(() => readApply(JSON.stringify(wrong))).toThrow('data.host: got "nixcloud", want');
  });

  test("that is no JSON is not repeated in the error", () => {
    expect(() => readSecrets('{"secrets": canary')).toThrow("stdin is no JSON (18 characters)");
  });

  test("with a wrong secret names its key and never its value", () => {
    const wrong = { ...host, secrets: { "../x": "canary", A: 4711, B: "" } };
    const message = messageOf(() => readSecrets(JSON.stringify(wrong)));
    expect(message).toContain("secrets, key ../x");
    expect(message).toContain("secrets.A");
    expect(message).toContain("secrets.B");
    expect(message).not.toMatch(/canary|4711/);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
