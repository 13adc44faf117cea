import { readFileSync } from "node:fs";
import { BlockList } from "node:net";
import { resolve } from "node:path";
import { type ListeningSocket, listeningSockets } from "../../plan/exposure";
import { clusterConfig, readStack } from "../../stacks/config";
import { planStack } from "../../stacks/plan";
import { must, onHost, root, run } from "./sandbox";

/** What is declared, from the same configuration that was deployed. */
function planned(stack: string) {
  const values = readStack(stack, (name) => readFileSync(resolve(root, name), "utf8"));
  return planStack(stack, clusterConfig(stack, values)).hosts;
}

const hosts = { ...planned("sandbox"), ...planned("fleet") };
const names = Object.keys(hosts).sort();
const addressOf = (name: string) => hosts[name]?.address ?? "";

/** What the owners of the sandbox's machines run (sandbox/nix/templates), not the product's sockets. */
const owners: Record<string, string[]> = {
  nixcloud: ["tcp *:443 kanidmd"],
  nixio: [
    "tcp *:8088 caddy",
    "tcp 127.0.0.1:5432 postgres",
    "tcp 127.0.0.1:6379 redis-server",
    "tcp 127.0.0.1:6380 redis-server",
    "tcp [::1]:5432 postgres",
  ],
};
const sshd = ["tcp 0.0.0.0:22 sshd", "tcp [::]:22 sshd"];

/** Programs by the name of what listens; the kernel keeps 15 characters. */
const programs: Record<string, string> = {
  node: "node_exporter",
  postgres: "postgres_export",
  redis: "redis_exporter",
  blackbox: "blackbox_export",
  pve: "python3.11",
  "caddy-admin": "caddy",
  site: "caddy",
};

function declared(name: string): string[] {
  const data = hosts[name];
  if (data === undefined) throw new Error(`${name} is not in the plan`);
  const sockets = listeningSockets(data).flatMap((socket) => {
    // the stand-in for Loki has no gRPC
    if (socket.name === "loki-grpc") return [];
    const line = `${socket.address}:${socket.port} ${programs[socket.name] ?? socket.name}`;
    // HTTP/3 of Caddy's sites
    return [`tcp ${line}`, ...(socket.name === "site" && socket.port === 443 ? [`udp ${line}`] : [])];
  });
  return [...new Set([...sockets, ...(owners[name] ?? []), ...sshd])].sort();
}

function listening(name: string): string[] {
  const lines = onHost(name, "ss -Hlntup").trimEnd().split("\n");
  return lines
    .map((line) => {
      const [protocol, , , , at] = line.split(/\s+/);
      return `${protocol} ${at} ${/users:\(\("([^"]+)/.exec(line)?.[1] ?? "nobody"}`;
    })
    .sort();
}

test.each(names)("%s listens on what is declared for it, and on nothing else", (name) => {
  expect(listening(name)).toEqual(declared(name));
});

test("control: a port that nobody declared is seen, such as Alertmanager's 9094", () => {
  onHost("nixmon", "systemd-run --quiet --unit=planted python3 -m http.server 9094");
  onHost("nixmon", "until ss -Hlnt 'sport = 9094' | grep -q .; do sleep 0.1; done");
  const seen = listening("nixmon");
  onHost("nixmon", "systemctl stop planted.service");
  expect(seen).toContain("tcp 0.0.0.0:9094 python3");
});

// Who tries to connect: each host, a machine of the LAN that nobody declared, and one from elsewhere.
const stranger = { "a machine of the LAN": "10.231.77.200", "a machine from elsewhere": "192.168.231.9" };
const origins: Record<string, string> = {
  ...Object.fromEntries(names.map((name) => [name, addressOf(name)])),
  ...stranger,
};
const namespaceOf = (origin: string) => (origin in stranger ? "exposure-stranger" : `nixmon-${origin}`);

beforeAll(() => {
  const inside = "ip -n exposure-stranger";
  const commands = [
    "ip netns add exposure-stranger",
    // the same addresses in each run, for hosts and gateway remember them; lower than any, so a bridge without its own would take them
    "ip link add exposure0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns exposure-stranger",
    "ip link set exposure0 master nixmon0 up",
    `${inside} link set lo up`,
    `${inside} addr add 10.231.77.200/24 dev eth0`,
    `${inside} addr add 192.168.231.9/32 dev eth0`,
    `${inside} link set eth0 up`,
    // the way back for answers to the one from elsewhere leads over the hosts' gateway
    "ip route add 192.168.231.9 dev nixmon0",
    "sysctl -qw net.ipv4.ip_forward=1",
  ];
  for (const command of commands) must(command.split(" "));
});

afterAll(() => {
  run("ip route del 192.168.231.9 dev nixmon0".split(" "));
  run("ip link del exposure0".split(" "));
  run("ip netns del exposure-stranger".split(" "));
});

/** Every socket of every host that is not on the loopback, and Alertmanager's cluster port, which must not be there. */
const sockets = names.flatMap((name) => {
  const data = hosts[name];
  const own = data === undefined ? [] : listeningSockets(data);
  const closed: ListeningSocket[] = [9093, 9094, 9115, 9221].map((port) => ({
    name: "closed",
    address: "",
    port,
    openTo: [],
  }));
  return [...own.filter(({ address }) => address !== "127.0.0.1"), ...closed].map((socket) => ({
    ...socket,
    host: name,
  }));
});

function allows(socket: ListeningSocket & { host: string }, origin: string): boolean {
  if (socket.name === "closed") return false;
  if (addressOf(socket.host) === origin) return true;
  const list = new BlockList();
  for (const source of socket.openTo) {
    const [address = "", bits] = source.split("/");
    const family = address.includes(":") ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list.check(origin);
}

function connects(origin: string): string[] {
  const targets = sockets.map(({ host, port }) => `${addressOf(host)}:${port}`);
  const from = origins[origin] ?? "";
  // the stranger has two addresses: the one it speaks from is chosen by the route
  if (origin in stranger) {
    must(`ip -n exposure-stranger route replace 10.231.77.0/24 dev eth0 src ${from}`.split(" "));
  }
  // longer than the second after which a lost SYN is sent again
  const words = ["ip", "netns", "exec", namespaceOf(origin), process.execPath, "test/exposure/connect.js", "2500"];
  return [...new Set(JSON.parse(must([...words, ...targets]).stdout) as string[])].sort();
}

const reachable = (origin: string) =>
  sockets
    .filter((socket) => allows(socket, origins[origin] ?? ""))
    .map(({ host, port }) => `${addressOf(host)}:${port}`)
    .sort();

test.each(Object.keys(origins))("%s reaches the ports that are declared for it, and no others", (origin) => {
  expect(connects(origin)).toEqual([...new Set(reachable(origin))]);
});

test("control: the strangers reach something, and less than the primary", () => {
  expect(reachable("a machine from elsewhere")).toEqual(["10.231.77.12:443", "10.231.77.12:80"]);
  expect(reachable("a machine of the LAN")).toContain("10.231.77.11:3100");
  expect(reachable("nixmon").length).toBeGreaterThan(reachable("a machine of the LAN").length);
});

test("control: a hole in a firewall is seen", () => {
  onHost("nixio", "nft insert rule inet nixos-fw input tcp dport 9187 accept");
  const seen = connects("a machine of the LAN");
  onHost("nixio", "nft -f /run/nixos/firewall");
  expect(seen).toContain("10.231.77.12:9187");
  expect(connects("a machine of the LAN")).not.toContain("10.231.77.12:9187");
});

/** Status and body of a request from a host that may connect. */
function request(from: string, method: string, url: string): { status: number; body: string } {
  const words = ["ip", "netns", "exec", `nixmon-${from}`, "curl", "-s", "-X", method, "-w", "\\n%{http_code}", url];
  const lines = must(words).stdout.split("\n");
  return { status: Number(lines.pop()), body: lines.join("\n") };
}

test.each([
  ["POST", "/-/reload"],
  ["POST", "/-/quit"],
  ["PUT", "/-/quit"],
  ["POST", "/api/v1/admin/tsdb/snapshot"],
  ["POST", "/api/v1/admin/tsdb/clean_tombstones"],
  ["POST", "/api/v1/admin/tsdb/delete_series?match[]=up"],
  ["POST", "/api/v1/write"],
  ["POST", "/api/v1/otlp/v1/metrics"],
])("Prometheus refuses %s %s also to those who may read", (method, path) => {
  const { status } = request("nixio", method, encodeURI(`http://10.231.77.11:9090${path}`));
  expect(status).toBeGreaterThanOrEqual(400);
});

test("control: Prometheus answers those who may read, and is still there", () => {
  expect(request("nixio", "GET", "http://10.231.77.11:9090/-/ready").status).toBe(200);
});

test("Caddy's admin API is not on the port that shows its metrics", () => {
  expect(request("nixmon", "GET", "http://10.231.77.12:2019/metrics").body).toContain("caddy_");
  expect(request("nixmon", "GET", "http://10.231.77.12:2019/config/").body).toBe("");
  expect(request("nixmon", "POST", "http://10.231.77.12:2019/load").body).toBe("");
  expect(onHost("nixio", "curl -s http://127.0.0.1:2019/config/")).toContain('"apps"');
});
