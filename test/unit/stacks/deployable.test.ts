import { planCluster } from "../../../plan/plan";
import { clusterConfig, parseStack } from "../../../stacks/config";
import { checkDeployable } from "../../../stacks/deployable";
import { content } from "../plan/fixture";

const hostKey = "ssh-ed25519 AAAA";
const proxmox = { endpoint: "https://pve.example.net:8006" };
const vm = { address: "10.0.0.3", machine: { type: "vm", template: 9000 } };

/** What is in the way of deploying a stack, in an environment of its own. */
function inTheWay(more: object, environment: Record<string, string> = {}): string[] {
  const values = parseStack("home", {
    domain: "example.net",
    allocations: { server: { monitoringPrimaryHost: "mon" } },
    lan: ["10.0.0.0/24"],
    hosts: { mon: { address: "10.0.0.2", ssh: { hostKey } } },
    ...more,
  });
  try {
    const { hosts } = planCluster(clusterConfig("home", values), content);
    checkDeployable("home", values, Object.values(hosts), environment);
  } catch (error) {
    return (error as Error).message.split("\n").slice(1);
  }
  return [];
}

test("an existing host without its SSH host key is in the way, each with the command that prints it", () => {
  const hosts = {
    mon: { address: "10.0.0.2" },
    web: { address: "10.0.0.3" },
    db: { address: "10.0.0.4", ssh: { hostKey } },
  };
  const want =
    "the first two words of what `cat /etc/ssh/ssh_host_ed25519_key.pub` prints on the host, because it exists already";
  expect(inTheWay({ hosts })).toEqual([
    `  nixmon:hosts.mon.ssh.hostKey: got nothing, want ${want}`,
    `  nixmon:hosts.web.ssh.hostKey: got nothing, want ${want}`,
  ]);
});

test("a machine that is made needs none: it is read when it is born", () => {
  const hosts = { mon: { address: "10.0.0.2", ssh: { hostKey } }, web: vm };
  expect(inTheWay({ proxmox, proxmoxApiToken: "x", hosts })).toEqual([]);
});

describe("no login for Proxmox VE is in the way", () => {
  const hosts = { mon: { address: "10.0.0.2", ssh: { hostKey } }, web: vm };
  const wanted = [
    expect.stringMatching(
      /^ {2}nixmon:proxmoxApiToken: got no login for https:\/\/pve.example.net:8006, want `pulumi config set --secret/,
    ),
  ];

  test("where machines are made there", () => {
    expect(inTheWay({ proxmox, hosts })).toEqual(wanted);
  });

  test("where only the monitoring token is", () => {
    expect(inTheWay({ proxmox })).toEqual(wanted);
  });

  test("beside every other mistake", () => {
    expect(inTheWay({ proxmox, hosts: { mon: { address: "10.0.0.2" } } })).toHaveLength(2);
  });

  test("with a user and no password, too", () => {
    expect(inTheWay({ proxmox: { ...proxmox, username: "a@pam" }, hosts })).toEqual(wanted);
  });

  test.each<[string, object, Record<string, string>]>([
    ["a token in the configuration", { proxmoxApiToken: "x" }, {}],
    ["a token in the environment", {}, { PROXMOX_VE_API_TOKEN: "a@pam!b=c" }],
    ["a password in the configuration, of root@pam", { proxmoxPassword: "x" }, {}],
    ["a password in the environment", {}, { PROXMOX_VE_PASSWORD: "x" }],
  ])("control: %s is one", (_, more, environment) => {
    expect(inTheWay({ proxmox, hosts, ...more }, environment)).toEqual([]);
  });

  test("control: nobody needs one where nothing is made there and nobody watches it", () => {
    const monitoring = { collector: { proxmox: { enable: false } } };
    expect(inTheWay({ proxmox, monitoring })).toEqual([]);
  });
});
