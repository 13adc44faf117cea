import * as pulumi from "@pulumi/pulumi";
import { clusterStack } from "../../../stacks/cluster";
import { parseStack } from "../../../stacks/config";
import { ConfigError } from "../../../stacks/problems";
import { mockEngine, settled } from "../components/mocks";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const values = (more: object = {}) =>
  parseStack("test", {
    domain: "example.net",
    allocations: { server: { monitoringPrimaryHost: "mon" } },
    lan: ["10.0.0.0/24"],
    hosts: { mon: { address: "10.0.0.2", ssh: { hostKey } } },
    ...more,
  });

const manifest = { schema: 1, host: "mon", hash: "of-mon", exporters: [] };

/** What a whole `up` warns of, and how many resources it made. */
async function up(more: object = {}, ofFleet: object = {}): Promise<{ warnings: string[]; resources: number }> {
  const registered = await mockEngine({
    "command:local:Command": ({ name }) => ({ stdout: name.endsWith("-apply") ? JSON.stringify(manifest) : "" }),
    "random:index/randomPassword:RandomPassword": () => ({ result: "x".repeat(48) }),
    "pulumi:pulumi:StackReference": () => ({ outputs: { scrapeTargets: ofFleet }, secretOutputNames: [] }),
  });
  const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
  try {
    const { scrapeTargets } = await clusterStack("test", values(more));
    // known once every resource before it is made
    await settled(pulumi.output(scrapeTargets));
    return { warnings: warn.mock.calls.map(([text]) => text), resources: registered.length };
  } finally {
    warn.mockRestore();
  }
}

const alerting = (options: object) => ({
  monitoring: { collector: { alerting: options } },
  runbooks: "https://r.test",
});

describe("up of a cluster", () => {
  test("warns once when nobody will be told of an alert, and goes on", async () => {
    const { warnings, resources } = await up();
    expect(warnings).toEqual([expect.stringMatching(/^alerts fire but nobody will be told: enable/)]);
    expect(resources).toBeGreaterThan(0);
  });

  test("control: warns of nothing when somebody will be", async () => {
    const told = await up(alerting({ homeAssistant: { enable: true, url: "https://home.example.net" } }));
    expect(told.warnings).toEqual([]);
    expect(told.resources).toBeGreaterThan(0);
  });

  test("warns of a fleet's host whose last deployment failed, and goes on with the others", async () => {
    const fleets = {
      ...alerting({ homeAssistant: { enable: true, url: "https://home.example.net" } }),
      fleets: ["o/p/fleet"],
    };
    const told = await up(fleets, { web: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", db: [] });
    expect(told.warnings).toEqual([
      "web of o/p/fleet: its last deployment failed, so what is scraped of it stays as it was",
    ]);
    expect((await up(fleets, { web: [], db: [] })).warnings).toEqual([]);
  });

  test("makes no resource where a rule's threshold or any other thing is wrong", async () => {
    const registered = await mockEngine({});
    const wrong = values({ monitoring: { alerts: { HostDown: { thresholds: { limit: 1 } } } } });
    await expect(clusterStack("test", wrong)).rejects.toThrow(ConfigError);
    // waits for whatever was begun
    await mockEngine({});
    expect(registered).toEqual([]);
  });
});
