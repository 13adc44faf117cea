import * as pulumi from "@pulumi/pulumi";
import { ExporterHost } from "../../../components/exporterHost";
import { MonitoringPrimary } from "../../../components/monitoringPrimary";
import { answers, commandsIn, dataOf, hostKey, manifest, vm } from "./deployed";
import { mockEngine, optionsSeen, settled } from "./mocks";

describe("an ExporterHost that exists", () => {
  test("is one push with a pinned key, and gives the targets that the host confirmed", async () => {
    const registered = await mockEngine(answers);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    expect(await settled(web.scrapeTargets)).toEqual([
      expect.objectContaining({ host: "web", job: "node", address: "10.0.0.3", port: 9100, path: "/metrics" }),
    ]);
    expect(await settled(web.hash)).toBe("hash-of-web");
    expect(registered.map(({ type, name }) => `${name} ${type}`)).toEqual([
      "web nixmon:components:ExporterHost",
      "web-apply command:local:Command",
    ]);
    const inputs = commandsIn(registered)["web-apply"];
    expect(inputs).toMatchObject({ create: "sh cli/push.sh apply", delete: "sh cli/push.sh remove" });
    expect(inputs).toMatchObject({
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    expect(JSON.parse(inputs?.stdin as string)).toMatchObject({
      connection: { host: "10.0.0.3", port: 22, user: "root", hostKey },
      name: "web",
      limits: { build: 1800, activate: 300, gate: 90, confirm: 60 },
      data: dataOf("web"),
    });
  });

  test("shows what the host tolerated as warnings that name host and check", async () => {
    const said: string[] = [];
    const warn = jest.spyOn(pulumi.log, "warn").mockImplementation(async (text) => void said.push(text));
    const tolerated = ["unit redis-exporter.service: failed, not active"];
    await mockEngine({
      "command:local:Command": () => ({ stdout: JSON.stringify({ ...manifest("web"), tolerated }) }),
    });
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    await settled(web.hash);
    expect(said).toEqual([
      expect.stringContaining("web: deployed, but unit redis-exporter.service: failed, not active"),
    ]);
    warn.mockRestore();
  });

  test("says nothing where all checks hold", async () => {
    const warn = jest.spyOn(pulumi.log, "warn");
    await mockEngine(answers);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    await settled(web.hash);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test("is refused without a host key, before anything is registered", async () => {
    await mockEngine(answers);
    const make = () => new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" } });
    expect(make).toThrow("web: an existing host needs ssh.hostKey, got nothing");
  });
});

describe("a MonitoringPrimary", () => {
  const secrets = Object.fromEntries(dataOf("mon").secrets.map(({ key }) => [key, `value of ${key}`]));

  test("delivers its secrets before its configuration, and one file of targets for each host, its own included", async () => {
    const registered = await mockEngine(answers);
    const web = new ExporterHost("web", { data: dataOf("web"), machine: { type: "existing" }, ssh: { hostKey } });
    const args = { data: dataOf("mon"), machine: { type: "existing" } as const, ssh: { hostKey }, secrets };
    const primary = new MonitoringPrimary("mon", { ...args, targets: { web: web.scrapeTargets } });
    await settled(primary.scrapeTargets);
    await new Promise((done) => setTimeout(done, 50));
    const commands = commandsIn(registered);
    expect(Object.keys(commands).sort()).toEqual([
      "mon-apply",
      "mon-secrets",
      "mon-targets-mon",
      "mon-targets-web",
      "web-apply",
    ]);
    expect(Object.keys(commands).indexOf("mon-secrets")).toBeLessThan(Object.keys(commands).indexOf("mon-apply"));
    const ofWeb = JSON.parse(commands["mon-targets-web"]?.stdin as string) as Record<string, unknown>;
    expect(ofWeb).toMatchObject({ name: "mon", host: "web", targets: [{ job: "node", address: "10.0.0.3" }] });
    // of machines that were there before nothing is said; control: the test below
    for (const { stdin } of Object.values(commands)) expect(String(stdin)).not.toContain('"made"');
    expect(primary.urls.grafana).toBe("https://grafana.example.net");
  });

  test("of a machine made here says so to whatever would be removed from it", async () => {
    const registered = await mockEngine(answers);
    const args = { data: dataOf("mon"), machine: vm, ssh: { hostKey }, secrets, targets: {} };
    await settled(new MonitoringPrimary("mon", args).scrapeTargets);
    await new Promise((done) => setTimeout(done, 50));
    const commands = commandsIn(registered);
    for (const name of ["mon-apply", "mon-targets-mon"])
      expect(JSON.parse(commands[name]?.stdin as string)).toMatchObject({ made: true });
  });

  test("is refused when a secret has no value, by the secret's name", async () => {
    await mockEngine(answers);
    const args = { data: dataOf("mon"), machine: { type: "existing" } as const, ssh: { hostKey }, targets: {} };
    expect(() => new MonitoringPrimary("mon", args)).toThrow("mon: no value for MONITORING/GRAFANA/SECRET_KEY");
  });

  test("leaves alone the file of a host whose targets are not known now, and of no other", async () => {
    await mockEngine(answers);
    const { options, transformations } = optionsSeen();
    const args = { data: dataOf("mon"), machine: { type: "existing" } as const, ssh: { hostKey }, secrets };
    const primary = new MonitoringPrimary("mon", { ...args, targets: { web: undefined, db: [] } }, { transformations });
    await settled(primary.scrapeTargets);
    const ignored = (host: string) => options[`mon-targets-${host}`]?.ignoreChanges;
    expect(["web", "db", "mon"].map(ignored)).toEqual([["stdin"], undefined, undefined]);
  });

  test("is refused for a host without collectors", async () => {
    await mockEngine(answers);
    const args = { data: dataOf("web"), machine: { type: "existing" } as const, ssh: { hostKey }, targets: {} };
    expect(() => new MonitoringPrimary("web", args)).toThrow("web: a MonitoringPrimary needs collector data, got none");
  });
});
