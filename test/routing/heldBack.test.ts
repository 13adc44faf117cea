import type { Alert } from "./alertmanager";
import { alert, openStage, type Stage } from "./stage";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage?.end());

describe("what is held back", () => {
  const down = (host: string) => alert(host, "HostDown", "critical", { job: "node" });
  const cutOff = (host: string) => alert(host, "ProxmoxGuestCutOff", "none", { node: "pve2" });
  test.each<[string, Alert[], Alert[]]>([
    [
      "a host that is down silences its services",
      [down("h1")],
      [alert("h1", "ServiceDown", "critical", { job: "redis" }), alert("h1", "HighLoad", "warning")],
    ],
    [
      "critical silences warning and info of the same thing",
      [alert("h2", "DiskWillFill", "critical", { mountpoint: "/" })],
      [
        alert("h2", "DiskWillFill", "warning", { mountpoint: "/" }),
        alert("h2", "DiskWillFill", "info", { mountpoint: "/" }),
      ],
    ],
    [
      "warning silences info of the same thing",
      [alert("h3", "Age", "warning", { device: "a" })],
      [alert("h3", "Age", "info", { device: "a" })],
    ],
    [
      "a Proxmox node that is down silences its guests",
      [alert("pve2", "ProxmoxNodeDown", "critical", { id: "node/pve2" }), cutOff("guest1")],
      [down("guest1"), alert("guest1", "ServiceDown", "critical"), alert("guest1", "ProxmoxGuestDown", "warning")],
    ],
    [
      "the IO primary that is down silences the probes of all hosts' sites",
      [down("nixio")],
      [alert("h4", "ProbeFailed", "critical", { job: "probe", instance: "https://x.example.net" })],
    ],
  ])("%s", async (name, sources, targets) => {
    await stage.manager.fire(...sources, ...targets);
    const held = await stage.until(
      async () => (await stage.manager.inhibited()).map((labels) => JSON.stringify(labels, Object.keys(labels).sort())),
      (seen) => targets.every(({ labels }) => seen.includes(JSON.stringify(labels, Object.keys(labels).sort()))),
    );
    // the reason itself is told, unless it is there for this purpose only
    for (const { labels } of sources.filter(({ labels: { severity } }) => severity !== "none")) {
      expect(held).not.toContain(JSON.stringify(labels, Object.keys(labels).sort()));
      await stage.until(
        () => stage.toldAt(labels.host ?? ""),
        (seen) => seen.includes(labels.alertname ?? ""),
      );
    }
    await stage.settled(name);
    const arrived = stage.services.told.homeAssistant.flatMap(({ alerts }) => alerts.map(({ labels }) => labels));
    for (const { labels } of targets) expect(arrived).not.toContainEqual(labels);
  });

  test.each<[string, Alert, Alert]>([
    ["of another host", down("k1"), alert("k2", "ServiceDown", "critical")],
    [
      "of another disk",
      alert("k3", "DiskWillFill", "critical", { mountpoint: "/" }),
      alert("k3", "DiskWillFill", "warning", { mountpoint: "/home" }),
    ],
    ["of another name", alert("k4", "A", "critical"), alert("k4", "B", "warning")],
    ["of a guest elsewhere", cutOff("k5"), alert("k6", "ServiceDown", "critical")],
  ])("control: what is %s is told", async (_, source, target) => {
    await stage.manager.fire(source, target);
    await stage.until(
      () => stage.toldAt(target.labels.host ?? ""),
      (seen) => seen.includes(target.labels.alertname ?? ""),
    );
  });

  test("what was held back is told when the reason is gone", async () => {
    const [reason, held] = [down("l1"), alert("l1", "ServiceDown", "critical")];
    await stage.manager.fire(reason, held);
    await stage.until(
      () => stage.toldAt("l1"),
      (seen) => seen.includes("HostDown"),
    );
    expect(stage.toldAt("l1")).not.toContain("ServiceDown");
    await stage.manager.resolve(reason);
    await stage.until(
      () => stage.toldAt("l1"),
      (seen) => seen.includes("ServiceDown"),
    );
  });
});

test("nothing of all this was refused or came to nothing", () => {
  expect(stage.services.lost).toEqual([]);
});
