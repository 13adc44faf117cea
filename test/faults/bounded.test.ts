import { createServer, type Server } from "node:net";
import { must, onHost } from "../engine/sandbox";
import { addressOf, boot, errorOf, hostOf, makeStack, startUp, unmake, writeConfig } from "./cluster";

/** Hosts that do not let themselves be deployed to: each ends with one clear error, all of them within a minute. */
const stack = "bounded";
const choice = process.env.NIXMON_FAULTS ?? "all";
const wanted = choice === "all" || choice.split(",").includes("bounded");
const { primary, exporter } = hostOf;
let silent: Server;

beforeAll(() => {
  if (!wanted) return;
  unmake([], stack);
  for (const host of Object.values(hostOf)) boot(host);
  silent = createServer(() => undefined).listen(2200, "127.0.0.3");
  // A login shell that never gets to the command.
  onHost(
    exporter,
    "printf '#!/bin/sh\\nexec sleep 600\\n' >/root/hangs && chmod 755 /root/hangs && usermod --shell /root/hangs root",
  );
  makeStack(stack);
});

afterAll(() => {
  if (!wanted) return;
  silent.close();
  unmake([], stack);
});

(wanted ? test : test.skip)(
  "refused, black-holed, accepted and then silent, and hung hosts each fail within 60 s by one error",
  async () => {
    const hostKey = must(["sandbox/hosts/machine.sh", "host-key", exporter]).stdout.trim();
    const config = writeConfig(stack, {
      "nixmon:program": "fleet",
      "nixmon:primaryAddress": "10.231.77.40",
      "nixmon:domain": "sandbox.test",
      "nixmon:allocations": { server: { monitoringPrimaryHost: "elsewhere" } },
      "nixmon:lan": ["10.231.77.0/24"],
      "nixmon:hosts": {
        refused: { address: "10.231.77.1", ssh: { hostKey, port: 9 } },
        // The firewall of a NixOS host drops what it does not know.
        dropped: { address: addressOf(primary), ssh: { hostKey, port: 2222 } },
        silent: { address: "127.0.0.3", ssh: { hostKey, port: 2200 } },
        hung: { address: addressOf(exporter), ssh: { hostKey } },
      },
    });
    const ended = await startUp(stack, config).ended;
    expect(ended.code).not.toBe(0);
    expect(ended.seconds).toBeLessThan(60);
    const said = (host: string) => errorOf(ended.output, host);
    expect(said("refused")).toMatch(/refused \(root@10\.231\.77\.1 port 9\): connection refused/);
    expect(said("dropped")).toMatch(/dropped \(root@\S+ port 2222\): unreachable: no answer within 10 s/);
    expect(said("silent")).toMatch(
      /silent \(root@127\.0\.0\.3 port 2200\): something accepts connections but sent no SSH banner/,
    );
    expect(said("hung")).toMatch(/hung \(root@\S+ port 22\): connected, but the agent did not start within 30 s/);
    for (const host of ["refused", "dropped", "silent", "hung"]) {
      expect(said(host).match(/\(root@/g)).toHaveLength(1);
    }
  },
);
