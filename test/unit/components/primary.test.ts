import { ExporterHost } from "../../../components/exporterHost";
import { MonitoringPrimary } from "../../../components/monitoringPrimary";
import { answers, commandsIn, dataOf, hostKey } from "./cluster";
import { mockEngine, settled } from "./mocks";

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
    expect(primary.urls.grafana).toBe("https://grafana.example.net");
  });

  test("is refused when a secret has no value, by the secret's name", async () => {
    await mockEngine(answers);
    const args = { data: dataOf("mon"), machine: { type: "existing" } as const, ssh: { hostKey }, targets: {} };
    expect(() => new MonitoringPrimary("mon", args)).toThrow("mon: no value for MONITORING/GRAFANA/SECRET_KEY");
  });

  test("is refused for a host without collectors", async () => {
    await mockEngine(answers);
    const args = { data: dataOf("web"), machine: { type: "existing" } as const, ssh: { hostKey }, targets: {} };
    expect(() => new MonitoringPrimary("web", args)).toThrow("web: a MonitoringPrimary needs collector data, got none");
  });
});
