import { changedConfig, must, onHost, run, up } from "./sandbox";

/** An adopted host whose own configuration is a flake, which real Nix evaluates; the sandbox takes the place of nixpkgs alone. */
const address = "10.231.77.33";
const key = `${process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox"}/ssh/id_ed25519.pub`;
const machine = ["sandbox/hosts/machine.sh"];
let hostKey = "";

const yes = ["--yes", "--skip-preview", "--non-interactive"];
const system = () => onHost("flaked", "readlink /run/current-system").trim();
/** What the primary's Prometheus is shown, over the network and through the firewall. */
const scraped = () =>
  run([...machine, "exec", "nixmon", "curl", "-fsS", "-m", "1", `http://${address}:9100/metrics`]).stdout;

/** The owner's flake: one host of it with what every host needs, and `more` of its own. */
function ownFlake(inputs: string, more: string): void {
  const text = `{
    inputs.nixpkgs.url = "path:/usr/share/nixmon-sandbox/nix";
    ${inputs}
    outputs = { nixpkgs, ... }@inputs: {
      nixosConfigurations.box = nixpkgs.lib.nixosSystem {
        specialArgs = { inherit inputs; };
        modules = [ ./box.nix ];
      };
    };
  }`;
  const module = `{ inputs, ... }: {
    ${more}
    networking.hostName = "flaked";
    networking.nftables.enable = true;
    services.openssh.enable = true;
    environment.etc."made-by".text = "a flake";
  }`;
  // a flake of before may have left its lock
  must([
    ...machine,
    "exec",
    "flaked",
    "sh",
    "-c",
    'rm -f flake.lock; printf %s "$1" >flake.nix; printf %s "$2" >box.nix'.replace(/^/, "cd /etc/nixos; "),
    "sh",
    text,
    module,
  ]);
}

function deploy(activation: Record<string, unknown>) {
  const config = changedConfig("fleet", (values) => {
    const host = { address, machine: { type: "existing" }, ssh: { hostKey }, activation };
    values["nixmon:hosts"] = { flaked: host };
  });
  return up("flaked", config);
}

const input = 'inputs.nixmon = { url = "path:/var/lib/nixmon/current"; flake = false; };';
const flake = "/etc/nixos#box";

beforeAll(() => {
  must([...machine, ..."up flaked --template base --authorized-keys".split(" "), key, "--ip", address]);
  hostKey = must([...machine, "host-key", "flaked"]).stdout.trim();
  must(["pulumi", "stack", "select", "--create", "--non-interactive", "flaked"]);
});

afterAll(() => {
  run(["pulumi", "destroy", "--stack", "flaked", ...yes]);
  must(["pulumi", "stack", "rm", "--yes", "--force", "flaked"]);
  must([...machine, "down", "flaked"]);
});

test.each<[string, Record<string, unknown>, string]>([
  ["impure", { impure: true }, `Add to the host's modules in ${flake}:  imports = [ /etc/nixos/nixmon ];`],
  [
    "with an input",
    { overrideInput: "nixmon" },
    `Add to the host's modules in ${flake}:  imports = [ inputs.nixmon.outPath ];  where inputs.nixmon = { url = "path:/var/lib/nixmon/current"; flake = false; }`,
  ],
])("a flake that does not import our folder is refused before activation, with its line, %s", (_, how, line) => {
  ownFlake("", "");
  const before = system();
  const ended = deploy({ flake, ...how });
  expect(ended.code).not.toBe(0);
  expect(ended.errors).toContain("the built system does not contain nixmon");
  expect(ended.errors).toContain(line);
  expect(system()).toBe(before);
});

test("a flake with the line is built in impure mode: up converges, the exporter answers the primary, and destroy leaves the flake's host", () => {
  ownFlake("", "imports = [ /etc/nixos/nixmon ];");
  expect(deploy({ flake, impure: true }).errors).toBe("");
  expect(onHost("flaked", "cat /etc/made-by /etc/nixmon/manifest.json")).toMatch(/^a flake.*"node"/s);
  expect(scraped()).toContain("node_load1 ");
  expect(deploy({ flake, impure: true }).changes).toMatchObject({ create: 0, update: 0, delete: 0, replace: 0 });
  // control: the rebuild is pure unless it is told
  const pure = run([
    ...machine,
    "exec",
    "flaked",
    "sh",
    "-c",
    "cd /tmp && exec nixos-rebuild build --flake /etc/nixos#box",
  ]);
  expect(pure.stderr).toMatch(/forbidden in pure eval(uation)? mode/);
  must(["pulumi", "destroy", "--stack", "flaked", ...yes]);
  expect(scraped()).toBe("");
  expect(onHost("flaked", "cat /etc/made-by; ls /var/lib/nixmon 2>&1 || true")).toMatch(/^a flake.*No such file/s);
});

test("a flake with an input of that name is built in pure mode, with what was pushed in the input's place", () => {
  ownFlake(input, "imports = [ inputs.nixmon.outPath ];");
  const first = deploy({ flake, overrideInput: "nixmon" });
  expect(first.errors).toBe("");
  expect(onHost("flaked", "cat /etc/made-by /etc/nixmon/manifest.json")).toMatch(/^a flake.*"node"/s);
  expect(scraped()).toContain("node_load1 ");
  must(["pulumi", "destroy", "--stack", "flaked", ...yes]);
  expect(scraped()).toBe("");
});
