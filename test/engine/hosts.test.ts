import { eventually, must, onHost, run, samples } from "./sandbox";

/** What runs on the hosts, asked of the real servers there. The sandbox's own configuration has all of it: nothing is deployed here. */

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}
const ask = (query: string) => samples(query) as Sample[];
const labels = (query: string, name: string) => [...new Set(ask(query).map(({ metric }) => metric[name]))].sort();

describe("state of NixOS", () => {
  test("comes from every host by the textfile collector", async () => {
    const hosts = ["nixcloud", "nixdev", "nixio", "nixmon"];
    for (const name of ["system_info", "system_generation", "system_generations", "reboot_required"])
      await eventually(
        75,
        () => labels(`nixos_${name}`, "host"),
        (found) => JSON.stringify(found) === JSON.stringify(hosts),
      );
    expect(ask("nixos_nixpkgs_timestamp_seconds > 1.7e9")).toHaveLength(hosts.length);
    expect(ask("node_textfile_scrape_error == 1")).toEqual([]);
  });

  test("says the generation that the host itself names, and that it would boot what runs", async () => {
    const link = onHost("nixio", "readlink /nix/var/nix/profiles/system").trim();
    await eventually(
      90,
      () => ask('nixos_system_generation{host="nixio"}')[0]?.value[1],
      (seen) => link === `system-${seen}-link`,
    );
    await eventually(
      90,
      () => ask("nixos_running_is_boot_default == 1").length,
      (seen) => seen === 4,
    );
  });
});

describe("PostgreSQL's exporter", () => {
  const psql = (query: string) =>
    onHost("nixio", `cd / && runuser -u postgres -- psql --no-psqlrc -tAd postgres -c "${query}"`).trim();

  test("logs in as a role that may read statistics and is no superuser, without a password", () => {
    const role = "rolname = 'postgres-exporter'";
    expect(psql(`select rolsuper, rolcreaterole, rolcreatedb, rolpassword is null from pg_authid where ${role}`)).toBe(
      "f|f|f|t",
    );
    expect(psql("select pg_has_role('postgres-exporter', 'pg_monitor', 'member')")).toBe("t");
    expect(ask("pg_up == 1")).toHaveLength(1);
    // only a member of pg_monitor sees other roles' sessions
    expect(ask('pg_stat_activity_count{datname="app"}').length).toBeGreaterThan(0);
  });

  test("control: the superuser is one by the same question", () => {
    expect(psql("select rolsuper from pg_authid where rolname = 'postgres'")).toBe("t");
  });
});

describe("Redis' exporter", () => {
  test("sees each instance with that instance's password", async () => {
    await eventually(
      40,
      () => labels("redis_up == 1", "instance"),
      (found) => JSON.stringify(found) === JSON.stringify(["nixio:9121", "sessions"]),
    );
    // a figure of each instance's own: the memory that it may use
    const limits = ask("redis_memory_max_bytes").map(({ metric, value }) => [metric.instance, value[1]]);
    expect(Object.fromEntries(limits)).toEqual({ "nixio:9121": `${64 << 20}`, sessions: `${16 << 20}` });
  });

  test.each([6379, 6380])("control: the instance at port %i refuses who has no password", (port) => {
    expect(onHost("nixio", `redis-cli -p ${port} ping 2>&1 || true`)).toContain("NOAUTH");
  });
});

describe("a free scrape", () => {
  const url = "http://10.231.77.12:8088/internal/metrics";
  const status = (host: string) =>
    onHost(host, `curl -sS -o /dev/null -w '%{http_code}' --max-time 3 ${url} 2>/dev/null || true`);

  test("is scraped with its bearer token", async () => {
    await eventually(
      40,
      () => ask('app_build_info{job="app", host="nixio"} == 1').length,
      (found) => found === 1,
    );
  });

  test("is refused without the token, and its port is open to the primary alone", () => {
    expect([status("nixmon"), status("nixcloud")]).toEqual(["401", "000"]);
  });
});

describe("virtual hosts of the collectors", () => {
  const outside = "10.231.88.1";
  const site = (name: string, path: string, from: string) => {
    const host = `${name}.sandbox.test`;
    const words = ["-skS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", "--interface", from];
    return run(["curl", ...words, "--resolve", `${host}:443:10.231.77.12`, `https://${host}${path}`]).stdout;
  };

  // an address of this machine outside the LAN's range; the hosts answer it by their gateway, which is this machine, too
  beforeAll(() => must(["ip", "address", "add", `${outside}/32`, "dev", "nixmon0"]));
  afterAll(() => must(["ip", "address", "del", `${outside}/32`, "dev", "nixmon0"]));

  test.each([
    ["grafana", "/api/health", "200", "200"],
    ["prometheus", "/-/healthy", "200", "403"],
    ["loki", "/ready", "200", "403"],
  ])("%s: %s is answered with %s inside the LAN and with %s outside", (name, path, inside, elsewhere) => {
    expect([site(name, path, "10.231.77.1"), site(name, path, outside)]).toEqual([inside, elsewhere]);
  });

  test("are probed, with the day on which their certificate ends", async () => {
    const sites = ["grafana", "loki", "prometheus"].map((name) => expect.stringContaining(`https://${name}.sandbox`));
    await eventually(
      40,
      () => ask('probe_success{job="probe"} == 1').length,
      (found) => found === 3,
    );
    expect(labels('probe_http_status_code{job="probe"} == 200', "instance")).toEqual(sites);
    expect(labels('probe_ssl_earliest_cert_expiry{job="probe"} > time()', "instance")).toEqual(sites);
  });
});

describe("the collectors", () => {
  test("scrape themselves", () => {
    expect(labels('up{job=~"prometheus|alertmanager|loki|grafana"} == 1', "job")).toEqual([
      "alertmanager",
      "grafana",
      "loki",
      "prometheus",
    ]);
  });

  test("Prometheus keeps 90 days within a size, asks every 15 seconds, and has neither admin API nor lifecycle by HTTP", () => {
    const asked = onHost("nixmon", "curl -fsS http://10.231.77.11:9090/api/v1/status/flags");
    expect(JSON.parse(asked).data).toMatchObject({
      "storage.tsdb.retention.time": "90d",
      // of 50GB: Prometheus counts in powers of two and says so
      "storage.tsdb.retention.size": "50GiB",
      "web.enable-admin-api": "false",
      "web.enable-lifecycle": "false",
    });
    const config = onHost("nixmon", "curl -fsS http://10.231.77.11:9090/api/v1/status/config");
    expect(JSON.parse(config).data.yaml).toContain("scrape_interval: 15s");
  });

  test("every target has the label of its host", () => {
    expect(ask('up{host=""}')).toEqual([]);
    expect(ask('up{host!=""}').length).toBeGreaterThan(15);
  });
});
