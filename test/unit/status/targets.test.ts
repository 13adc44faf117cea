import { type ActiveTarget, targetRows, targetTable } from "../../../cli/status/targets";

const now = new Date("2026-11-24T10:00:30Z");
const node: ActiveTarget = {
  labels: { host: "nixio", job: "node", instance: "10.0.0.3:9100" },
  scrapeUrl: "http://10.0.0.3:9100/metrics",
  health: "up",
  lastError: "",
  lastScrape: "2026-11-24T10:00:18Z",
};

test("the table is sorted by host and exporter and tells why a target is down", () => {
  const down = { ...node, labels: { ...node.labels, job: "caddy" }, health: "down", lastError: "connection refused" };
  const fresh = {
    ...node,
    labels: { ...node.labels, host: "a" },
    health: "unknown",
    lastScrape: "0001-01-01T00:00:00Z",
  };
  expect(targetTable(targetRows([node, down, fresh], now))).toBe(
    [
      "host   exporter  url                           health   last scrape",
      "a      node      http://10.0.0.3:9100/metrics  unknown  -",
      "nixio  caddy     http://10.0.0.3:9100/metrics  down     12 s ago",
      "    connection refused",
      "nixio  node      http://10.0.0.3:9100/metrics  up       12 s ago",
    ].join("\n"),
  );
});

test("a target without host label is shown by its instance", () => {
  const labels = { job: "node", instance: "10.0.0.3:9100" };
  expect(targetRows([{ ...node, labels }], now)[0]?.host).toBe("10.0.0.3:9100");
});
