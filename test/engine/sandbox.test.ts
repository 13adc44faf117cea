import {
  activeTargets,
  changedConfig,
  cluster,
  connections,
  eventually,
  must,
  onHost,
  run,
  samples,
  up,
} from "./sandbox";

const everyHost = [...cluster, "nixdev"];

/** Connections that each host took while `act` ran. */
function connectionsDuring(act: () => void): Record<string, number> {
  const before = everyHost.map(connections);
  act();
  return Object.fromEntries(everyHost.map((host, index) => [host, connections(host) - (before[index] ?? 0)]));
}

const none = Object.fromEntries(everyHost.map((host) => [host, 0]));

test("every target of the cluster and of the fleet is up, with data", async () => {
  const targets = await eventually(
    60,
    activeTargets,
    (seen) => seen.length > 0 && seen.every((target) => target.health === "up"),
  );
  const found = [...new Set(targets.map((target) => `${target.labels.host} ${target.labels.job}`))].sort();
  expect(found).toEqual(
    expect.arrayContaining([
      "nixcloud alloy",
      "nixcloud node",
      "nixdev alloy",
      "nixdev node",
      "nixio alloy",
      "nixio caddy",
      "nixio node",
      "nixio postgres",
      "nixio redis",
      "nixmon alertmanager",
      "nixmon alloy",
      "nixmon blackbox",
      "nixmon grafana",
      "nixmon loki",
      "nixmon node",
      "nixmon prometheus",
      "nixmon pve",
    ]),
  );
});

test.each([
  ["node_load1", 4],
  ["pg_up == 1", 1],
  ["redis_up == 1", 1],
  ["pve_up == 1", 1],
  ["caddy_config_last_reload_successful == 1", 1],
])("the proof metric %s is there for at least %i hosts", async (query, hosts) => {
  const ask = () => samples(query).length;
  await expect(eventually(40, ask, (found) => found >= hosts)).resolves.toBeGreaterThanOrEqual(hosts);
});

test("the Proxmox exporter verifies the API's certificate; control: Python's own list of authorities does not have its signer", () => {
  expect(onHost("nixmon", "grep verify_ssl /run/nixmon-pve/pve.yml")).toContain("verify_ssl: true");
  const [setting = ""] =
    onHost("nixmon", "systemctl show -P Environment prometheus-pve-exporter").match(/REQUESTS\S+/) ?? [];
  const ask = 'import requests; print(requests.get("https://10.231.77.1:8006/api2/json/version").status_code)';
  const python = (under: string) =>
    onHost(
      "nixmon",
      `PYTHONPATH=$(dirname "$(readlink -f /usr/local/bin/pve_exporter)") env ${under} python3 -c '${ask}' 2>&1 | tail -n 1`,
    );
  expect(python(setting).trim()).toBe("401");
  expect(python("-u REQUESTS_CA_BUNDLE")).toContain("CERTIFICATE_VERIFY_FAILED");
});

test("control: a connection to a host is counted there, and only there", () => {
  const taken = connectionsDuring(() => must(["ssh-keyscan", "-t", "ed25519", "10.231.77.12"]));
  expect(taken).toEqual({ ...none, nixio: 1 });
});

test("a second up without a change changes nothing and opens no connection", () => {
  const taken = connectionsDuring(() => {
    const again = up("sandbox");
    expect(again.code).toBe(0);
    expect(again.changes).toMatchObject({ create: 0, update: 0, delete: 0, replace: 0 });
  });
  expect(taken).toEqual(none);
});

test("a change on one host takes two connections, to that host alone", () => {
  const config = changedConfig("sandbox", (values) => {
    Object.assign(values["nixmon:hosts"].nixcloud ?? {}, { monitoring: { logs: { enable: false } } });
  });
  const taken = connectionsDuring(() => {
    const changed = up("sandbox", config);
    expect(changed.errors).toBe("");
    expect(changed.code).toBe(0);
  });
  expect(taken.nixcloud).toBe(2);
  expect({ ...taken, nixcloud: 0, nixmon: 0 }).toEqual(none);
});

test("adding a host is one entry: its samples arrive, Prometheus does not restart, no other host is contacted", async () => {
  const started = () =>
    onHost("nixmon", "systemctl show -p MainPID -p ActiveEnterTimestampMonotonic prometheus.service");
  const before = started();
  const config = changedConfig("sandbox", (values) => {
    const host = {
      address: "10.231.77.14",
      machine: { type: "vm", template: 9000, cores: 1, memory: "1GiB", gateway: "10.231.77.1" },
    };
    values["nixmon:hosts"].nixserv = host;
    Object.assign(values["nixmon:hosts"].nixcloud ?? {}, { monitoring: { logs: { enable: false } } });
  });
  const taken = connectionsDuring(() => expect(up("sandbox", config).code).toBe(0));
  expect(taken).toEqual({ ...none, nixmon: 1 });
  const ofHost = () => samples('node_load1{host="nixserv"}').length;
  await eventually(30, ofHost, (found) => found === 1);
  expect(started()).toBe(before);
});

test("taking the host out again removes its targets and its machine", async () => {
  expect(up("sandbox").code).toBe(0);
  await eventually(
    30,
    () => activeTargets().map((target) => target.labels.host),
    (hosts) => !hosts.includes("nixserv"),
  );
  expect(run(["sandbox/hosts/machine.sh", "exec", "nixserv", "true"]).code).not.toBe(0);
});
