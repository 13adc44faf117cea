import { setTimeout as sleep } from "node:timers/promises";
import { type Run, writeFigures } from "../alertPath/figures";
import {
  alertmanager,
  bound,
  clock,
  configuration,
  firing,
  type Message,
  messages,
  startRecorder,
  stopRecorder,
  stopUnit,
  told,
} from "../alertPath/path";
import { eventually, must, onHost, up } from "./sandbox";

/** Rounds of four stopped exporters, for `make test-alert-path`; without it two runs are made and nothing that takes minutes. */
const rounds = Number(process.env.NIXMON_ALERT_ROUNDS ?? 0);
const atLength = rounds > 0 ? describe : describe.skip;

const targets: Record<string, { unit: string; alert: string }> = {
  nixcloud: { unit: "prometheus-node-exporter.service", alert: "HostDown" },
  nixdev: { unit: "alloy.service", alert: "ServiceDown" },
  nixio: { unit: "prometheus-redis-exporter.service", alert: "ServiceDown" },
  nixmon: { unit: "prometheus-blackbox-exporter.service", alert: "ServiceDown" },
};

const silence = async (seconds = 60) => eventually(seconds, firing, (alerts) => alerts.length === 0);
const first = async (seconds: number, look: () => Message[]): Promise<Message> => {
  const [message] = await eventually(seconds, look, (found) => found.length > 0);
  if (message === undefined) throw new Error("unreachable: there is one");
  return message;
};

beforeAll(async () => {
  startRecorder();
  const changed = up("sandbox", configuration());
  expect(changed.errors).toBe("");
  await silence();
});

afterAll(() => {
  for (const [host, { unit }] of Object.entries(targets)) onHost(host, `systemctl start ${unit}`);
  stopRecorder();
  expect(up("sandbox").code).toBe(0);
});

test(`an exporter that stops and a host that dies are told within ${bound} s, each by one message`, async () => {
  const began = stopUnit("nixcloud", "prometheus-node-exporter.service");
  const died = Date.now();
  must(["sandbox/hosts/machine.sh", "stop", "nixio"]);
  const exporter = await first(bound + 20, () => told("nixcloud", began));
  const host = await first(bound + 20, () => told("nixio", died));
  await sleep(5000);
  must(["sandbox/hosts/machine.sh", "up", "nixio"]);
  expect((exporter.at - began) / 1000).toBeLessThan(bound);
  expect((host.at - died) / 1000).toBeLessThan(bound);
  expect(exporter.alerts).toEqual(["HostDown"]);
  // not one for each of its exporters, and none of the sites behind it
  expect(host.alerts).toEqual(["HostDown"]);
  expect(told("nixio", died)).toHaveLength(1);
  expect(told("nixmon", died)).toEqual([]);
});

atLength("at length", () => {
  const runs: Run[] = [];

  /** A group that tells already waits five minutes for more; a fresh Alertmanager has none. */
  const freshGroups = () => onHost("nixmon", "systemctl restart alertmanager.service");

  /** Everything runs, and whoever was told of something that was down has been told that it is back: else it would not be told again. */
  const settled = async () => {
    for (const [host, { unit }] of Object.entries(targets)) onHost(host, `systemctl start ${unit}`);
    await silence(120);
    const open = () => Object.keys(targets).filter((host) => told(host, 0).at(-1)?.status === "firing");
    if (open().length > 0) freshGroups();
    await eventually(120, open, (hosts) => hosts.length === 0);
    freshGroups();
  };

  test.each(Array.from({ length: rounds }, (_, round) => round + 1))(
    `round %i: each of four exporters is told within ${bound} s, and that it is back`,
    async () => {
      await settled();
      // anywhere in the interval of scrapes
      await sleep(2000 + Math.random() * clock.scrape * 1000);
      const stopped = Object.entries(targets).map(([host, { unit, alert }]) => ({
        host,
        unit,
        alert,
        at: stopUnit(host, unit),
      }));
      const found = [];
      for (const { host, unit, alert, at } of stopped) {
        const message = await first(bound + 30, () => told(host, at));
        // Redis is two targets of one exporter
        expect([message.status, ...new Set(message.alerts)]).toEqual(["firing", alert]);
        found.push({ host, unit, alert, seconds: (message.at - at) / 1000 });
      }
      const back = Date.now();
      for (const { host, unit } of stopped) onHost(host, `systemctl start ${unit}`);
      await silence();
      freshGroups();
      for (const run of found) {
        const look = () => told(run.host, back).filter(({ status }) => status === "resolved");
        const resolved = await first(120, look);
        runs.push({ ...run, resolved: (resolved.at - back) / 1000 });
      }
      for (const { seconds } of found) expect(seconds).toBeLessThan(bound);
    },
  );

  const kill = "systemctl kill --signal=KILL prometheus.service alertmanager.service";

  test("kill -9 of Prometheus and Alertmanager loses no silence and tells nothing twice", async () => {
    await settled();
    const at = stopUnit("nixdev", "alloy.service");
    await first(bound + 30, () => told("nixdev", at));
    const matchers = [{ name: "host", value: "nixio", isRegex: false, isEqual: true }];
    const ends = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() };
    const { silenceID } = alertmanager<{ silenceID: string }>("/silences", {
      ...ends,
      matchers,
      createdBy: "test",
      comment: "survives",
    });
    // what Alertmanager was told is on disk within ten seconds
    await sleep(12_000);
    const killed = Date.now();
    onHost("nixmon", kill);
    stopUnit("nixio", "prometheus-redis-exporter.service");
    await sleep((bound + 30) * 1000);
    const kept = alertmanager<{ id: string; status: { state: string } }[]>("/silences");
    expect(kept.find(({ id }) => id === silenceID)?.status.state).toBe("active");
    expect(told("nixdev", killed)).toEqual([]);
    expect(told("nixio", killed)).toEqual([]);
    // control: all that was silenced is told when the silence ends
    must([
      "sandbox/hosts/machine.sh",
      "exec",
      "nixmon",
      "amtool",
      "--alertmanager.url=http://127.0.0.1:9093",
      "silence",
      "expire",
      silenceID,
    ]);
    freshGroups();
    await first(60, () => told("nixio", killed));
  });

  test("without Prometheus the heartbeat falls silent, which is how somebody elsewhere notices", async () => {
    const beats = () => messages().filter(({ heartbeat }) => heartbeat);
    // Alertmanager was restarted just now: it beats again when Prometheus has told it of the watchdog anew
    const began = Date.now();
    await eventually(240, beats, (seen) => seen.filter((beat) => beat.at > began).length >= 2);
    const at = stopUnit("nixmon", "prometheus.service");
    const missing = 180;
    const last = () => Math.max(...beats().map((beat) => beat.at));
    await eventually(600, last, (newest) => Date.now() - newest > missing * 1000);
    const noticed = (Date.now() - at) / 1000;
    onHost("nixmon", "systemctl start prometheus.service");
    writeFigures({ runs, noticed, missing });
    expect(noticed).toBeLessThan(600);
  }, 900_000);
});
