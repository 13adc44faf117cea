import { once } from "node:events";
import { createServer } from "node:net";
import { must, onHost } from "../engine/sandbox";
import { addressOf, boot, type Deployed, errorOf, makeStack, startUp, unmake, writeConfig } from "./cluster";

/** A stack and a host of its own, so that it can go on beside other deployments: most of it is waiting. */
const stack = "bounded";
const host = "stuck";
/** Of the same host. */
const second = "10.231.77.44";

export interface Bounded {
  ended: Promise<Deployed>;
  /** Takes the stack and its host away. */
  clear: () => void;
}

/** One deployment to four hosts that do not let themselves be deployed to, each in another way. */
export async function startBounded(): Promise<Bounded> {
  unmake([host], stack);
  boot(host);
  const silent = createServer(() => undefined).listen(2200, "127.0.0.3");
  await once(silent, "listening");
  // A login shell that never gets to the command.
  onHost(
    host,
    "printf '#!/bin/sh\\nexec sleep 600\\n' >/root/hangs && chmod 755 /root/hangs && usermod --shell /root/hangs root",
  );
  onHost(host, `ip addr add ${second}/24 dev "$(ip -o addr show to ${addressOf(host)} | awk '{ print $2 }')"`);
  makeStack(stack);
  const hostKey = must(["sandbox/hosts/machine.sh", "host-key", host]).stdout.trim();
  const config = writeConfig(stack, {
    "nixmon:program": "fleet",
    "nixmon:primaryAddress": "10.231.77.40",
    "nixmon:domain": "sandbox.test",
    "nixmon:allocations": { server: { monitoringPrimaryHost: "elsewhere" } },
    "nixmon:lan": ["10.231.77.0/24"],
    "nixmon:hosts": {
      refused: { address: "10.231.77.1", ssh: { hostKey, port: 9 } },
      // The firewall of a NixOS host drops what it does not know.
      dropped: { address: second, ssh: { hostKey, port: 2222 } },
      silent: { address: "127.0.0.3", ssh: { hostKey, port: 2200 } },
      hung: { address: addressOf(host), ssh: { hostKey } },
    },
  });
  return {
    ended: startUp(stack, config).ended,
    clear: () => {
      silent.close();
      unmake([host], stack);
    },
  };
}

/** Each ends with one clear error, all of them within a minute. */
export function expectBounded(ended: Deployed): void {
  expect(ended.code).not.toBe(0);
  expect(ended.seconds).toBeLessThan(60);
  const said = (name: string) => errorOf(ended.output, name);
  expect(said("refused")).toMatch(/refused \(root@10\.231\.77\.1 port 9\): connection refused/);
  expect(said("dropped")).toMatch(/dropped \(root@\S+ port 2222\): unreachable: no answer within 10 s/);
  expect(said("silent")).toMatch(
    /silent \(root@127\.0\.0\.3 port 2200\): something accepts connections but sent no SSH banner/,
  );
  expect(said("hung")).toMatch(/hung \(root@\S+ port 22\): connected, but the agent did not start within 30 s/);
  for (const name of ["refused", "dropped", "silent", "hung"]) expect(said(name).match(/\(root@/g)).toHaveLength(1);
}
