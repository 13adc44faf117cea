import { explain } from "../../../cli/push/failure";
import { fingerprint } from "../../../cli/push/ssh";

const hostKey = `ssh-ed25519 ${Buffer.alloc(51, 7).toString("base64")}`;
const context = {
  name: "nixio",
  connection: { host: "10.0.0.3", port: 22, user: "root", hostKey },
  connectSeconds: 10,
};

// What OpenSSH 9 says, word for word.
const changedKey = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
The fingerprint for the ED25519 key sent by the remote host is
SHA256:3x0IG9GZBmdU9vGt5nWyo1rxQbyRkFkUb5Y3jWmVFIQ.
Please contact your system administrator.
Host key verification failed.`;

describe("explain", () => {
  test.each([
    ["ssh: connect to host 10.0.0.3 port 22: Connection refused", "refused", true, "connection refused"],
    ["ssh: connect to host 10.0.0.3 port 22: Connection timed out", "unreachable", true, "no answer within 10 s"],
    ["ssh: connect to host 10.0.0.3 port 22: No route to host", "unreachable", true, "unreachable"],
    ["ssh: connect to host 10.0.0.3 port 22: Network is unreachable", "unreachable", true, "unreachable"],
    ["Connection timed out during banner exchange", "no banner", true, "sent no SSH banner within 10 s"],
    ["Connection to 10.0.0.3 port 22 timed out", "no banner", true, "sent no SSH banner"],
    ["ssh: Could not resolve hostname nixio.lan: Name or service not known", "name", true, "does not resolve"],
    ["kex_exchange_identification: Connection closed by remote host", "closed", true, "MaxStartups"],
    ["kex_exchange_identification: read: Connection reset by peer", "closed", true, "overloaded"],
    [changedKey, "host key", false, "got SHA256:3x0IG9GZBmdU9vGt5nWyo1rxQbyRkFkUb5Y3jWmVFIQ."],
    [
      "No RSA host key is known for nixio and you have requested strict checking.\nHost key verification failed.",
      "host key",
      false,
      "got a key of another type",
    ],
    [
      "Unable to negotiate with 10.0.0.3 port 22: no matching host key type found. Their offer: ssh-rsa",
      "host key type",
      false,
      "no key of the pinned type ssh-ed25519",
    ],
    ["root@10.0.0.3: Permission denied (publickey).", "key refused", false, "refused every key offered for user root"],
    ["Received disconnect from 10.0.0.3 port 22:2: Too many authentication failures", "key refused", false, "ssh-add"],
    ["sudo: a password is required", "sudo", false, "NOPASSWD"],
    ["Timeout, server 10.0.0.3 not responding.", "lost", false, "the connection was lost"],
    ["Connection to 10.0.0.3 closed by remote host.", "lost", false, "the connection was lost"],
    ["client_loop: send disconnect: Broken pipe", "lost", false, "the connection was lost"],
  ])("%s", (stderr, kind, gone, words) => {
    const failure = explain(stderr, context);
    expect(failure).toMatchObject({ kind, gone });
    expect(failure.message).toMatch(/^nixio \(root@10\.0\.0\.3 port 22\): /);
    expect(failure.message).toContain(words);
  });

  test("shows the expected fingerprint of a host whose key differs", () => {
    expect(explain(changedKey, context).message).toContain(`expected fingerprint ${fingerprint(hostKey)}`);
  });

  test("passes on ssh's words, and not the agent's progress before them", () => {
    const stderr = "nixmon-agent: step verify: x\nnixmon-agent: alive\nssh: something new\n";
    expect(explain(stderr, context).message).toBe("nixio (root@10.0.0.3 port 22): ssh failed: ssh: something new");
  });

  test("passes on what it does not know", () => {
    expect(explain("ssh: something new", context)).toEqual({
      kind: "other",
      gone: false,
      passing: false,
      message: "nixio (root@10.0.0.3 port 22): ssh failed: ssh: something new",
    });
  });
});
