import { execFileSync } from "node:child_process";
import { fingerprint, keyExchange, knownHostsLine, sshArguments } from "../../../cli/push/ssh";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8TfOUQ8Rh4Zr1y1bE9o8sJXo2QfX0cT7l7bV6z0S5q a comment";
const connection = { host: "fd00::3", port: 2222, user: "deploy", hostKey };

test("ssh checks the pinned key only, asks nothing, shares no connection, and honours the user's config", () => {
  expect(sshArguments(connection, "nixio", "/tmp/k", {}).join(" ")).toBe(
    "-o BatchMode=yes -o NumberOfPasswordPrompts=0 -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/tmp/k " +
      "-o GlobalKnownHostsFile=/dev/null -o HostKeyAlias=nixio -o UpdateHostKeys=no -o VerifyHostKeyDNS=no " +
      "-o ControlMaster=no -o ControlPath=none -o ConnectTimeout=10 -o ConnectionAttempts=1 " +
      "-o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o RequestTTY=no -o ForwardAgent=no -o ForwardX11=no " +
      "-o ClearAllForwardings=yes -p 2222 -l deploy -- fd00::3",
  );
});

test("a key file or config file of the environment takes the place of the user's", () => {
  const words = sshArguments(connection, "nixio", "/tmp/k", { key: "/k", config: "/c" }, 8);
  expect(words.slice(0, 4)).toEqual(["-F", "/c", "-i", "/k"]);
  expect(words).toContain("IdentitiesOnly=yes");
  expect(words).toContain("ConnectTimeout=8");
});

test("the pinned key is known under the host's name, without its comment", () => {
  expect(knownHostsLine("nixio", hostKey)).toBe(`nixio ${hostKey.replace(" a comment", "")}\n`);
});

test("the fingerprint is the one that ssh-keygen prints", () => {
  const printed = execFileSync("ssh-keygen", ["-lf", "-"], { input: hostKey, encoding: "utf8" });
  expect(printed).toContain(` ${fingerprint(hostKey)} `);
});

test("an ssh that knows the quick post-quantum exchange keeps its own order; an older one asks for curve25519 first", () => {
  const older = "curve25519-sha256\nsntrup761x25519-sha512@openssh.com\n";
  expect(keyExchange(`${older}mlkem768x25519-sha256\n`)).toBeUndefined();
  expect(keyExchange(older)).toBe("^curve25519-sha256");
  expect(sshArguments(connection, "nixio", "/tmp/k", { keyExchange: "^curve25519-sha256" })).toContain(
    "KexAlgorithms=^curve25519-sha256",
  );
});
