import { parseStack } from "../../../stacks/config";
import { machineArgs, madeOf, proxmoxTokenArgs } from "../../../stacks/machines";

const stack = (change: Record<string, unknown> = {}) =>
  parseStack("test", {
    domain: "example.net",
    allocations: { server: { monitoringPrimaryHost: "nixmon" } },
    lan: ["10.0.0.0/16"],
    hosts: { nixmon: { address: "10.0.0.2", ssh: { hostKey: "ssh-ed25519 AAAA" } } },
    ...change,
  });
const endpoint = "https://pve.example.net:8006";

describe("the monitoring token", () => {
  test("is prometheus of monitoring@pve, for ever, unless the configuration says otherwise", () => {
    expect(proxmoxTokenArgs(stack({ proxmox: { endpoint } }))).toMatchObject({
      userId: "monitoring@pve",
      tokenName: "prometheus",
      expirationDate: undefined,
    });
    const tokenExpires = "2027-01-01T00:00:00Z";
    const own = { endpoint, realm: "ldap", tokenName: "nixmon", tokenExpires };
    expect(proxmoxTokenArgs(stack({ proxmox: own }))).toMatchObject({
      userId: "monitoring@ldap",
      tokenName: "nixmon",
      expirationDate: tokenExpires,
    });
  });
});

describe("what a stack makes", () => {
  const image = { url: "https://example.net/nixos.qcow2", sha256: "0".repeat(64) };
  const made = (machine: Record<string, unknown>, more: Record<string, unknown> = {}) => {
    const web = { address: "10.0.0.3", machine, ...more };
    return madeOf(stack({ proxmox: { endpoint }, hosts: { ...stack().hosts, web, another: web } }).hosts);
  };

  test.each<[string, string[], string[]]>([
    ["a clone", made({ type: "vm", template: 9000 }), ["clone", "vm"]],
    ["an imported image", made({ type: "vm", image }), ["image", "vm"]],
    ["a container", made({ type: "lxc", template: "local:vztmpl/x" }), ["lxc"]],
    ["a container of an image", made({ type: "lxc", image }), ["image", "lxc"]],
    ["a place in the start order", made({ type: "vm", image, startOrder: 2 }), ["image", "startOrder", "vm"]],
    ["a container's place, which needs no more", made({ type: "lxc", image, startOrder: 2 }), ["image", "lxc"]],
    ["a key through the agent", made({ type: "vm", image, agent: true }), ["agent", "image", "vm"]],
    [
      "a key that is given",
      made({ type: "vm", image, agent: true }, { ssh: { hostKey: "ssh-ed25519 AAAA" } }),
      ["image", "vm"],
    ],
    ["nothing", made({ type: "existing" }), []],
  ])("of %s, each kind once", (_, found, kinds) => {
    expect(found).toEqual(kinds);
  });
});

describe("the length of an address' prefix", () => {
  const web = (address: unknown, machine: Record<string, unknown> = {}) => ({
    address,
    machine: { type: "vm", template: 9000, ...machine },
  });
  const parsed = (host: ReturnType<typeof web>) =>
    stack({ proxmox: { endpoint }, hosts: { ...stack().hosts, web: host } });
  const prefix = (host: ReturnType<typeof web>) => {
    const values = parsed(host);
    const images = () => {
      throw new Error("no image here");
    };
    const { web: found } = values.hosts;
    if (found === undefined) throw new Error("no host web");
    return machineArgs(found, values, [], images, false);
  };

  test.each<[string, unknown, Record<string, unknown>, number]>([
    ["an IPv4 address", "10.0.0.3", {}, 24],
    ["an IPv6 address", "2001:db8::3", {}, 64],
    ["one that is said", "2001:db8::3", { prefix: 56, gateway: "2001:db8::1" }, 56],
  ])("of %s", (_, address, machine, length) => {
    expect(prefix(web(address, machine))).toMatchObject({ prefix: length });
  });

  test("and gateway must fit the address; control: above they do", () => {
    expect(() => parsed(web("10.0.0.3", { prefix: 64, gateway: "2001:db8::1" }))).toThrow(
      /hosts\.web\.machine\.prefix: got 64, want 1 to 32, as 10\.0\.0\.3 is an IPv4 address[\s\S]*machine\.gateway: got 2001:db8::1, want an IPv4 address, as 10\.0\.0\.3 is one/,
    );
    expect(() => parsed(web("2001:db8::3", { gateway: "10.0.0.1" }))).toThrow(
      "gateway: got 10.0.0.1, want an IPv6 address",
    );
  });
});
