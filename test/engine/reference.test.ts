import { changedConfig, must, run } from "./sandbox";

/** The sandbox has no way to the reference cluster's addresses: a preview that asked anything of them would fail. */
const words = ["--stack", "reference", "--non-interactive", "--json"];
const unchanged = () => {};

beforeAll(() => {
  must(["pulumi", "stack", "select", "--create", "--non-interactive", "reference"]);
});

afterAll(() => {
  must(["pulumi", "stack", "rm", "--yes", "--force", "reference"]);
});

/** `pulumi preview` of the reference cluster, with a Proxmox login that nobody knows. */
function preview(change: Parameters<typeof changedConfig>[1] = unchanged) {
  const config = changedConfig("nixmon", change);
  return run(["env", "PROXMOX_VE_PASSWORD=unknown", "pulumi", "preview", ...words, "--config-file", config]);
}

interface Step {
  op: string;
  urn: string;
}

/** Names of what would be created, by type. */
function created(stdout: string): Record<string, string[]> {
  const { steps } = JSON.parse(stdout) as { steps: Step[] };
  const byType: Record<string, string[]> = {};
  for (const { op, urn } of steps) {
    const [type = "", name = ""] = urn.split("::").slice(-2);
    const short = type.split("$").at(-1) ?? "";
    if (op === "create") byType[short] = [...(byType[short] ?? []), name].sort();
  }
  return byType;
}

test("preview accepts the reference stack without network and login: machines, token and one push per host", () => {
  const ended = preview();
  expect(ended.stderr).not.toMatch(/error:/i);
  expect(ended.code).toBe(0);
  const types = created(ended.stdout);
  const others = ["nixarr", "nixcloud", "nixdev", "nixio", "nixserv"];
  expect(types["proxmoxve:index/vmLegacy:VmLegacy"]).toEqual(
    ["nixarr", "nixcloud", "nixio", "nixmon", "nixserv"].map((name) => `${name}-machine`),
  );
  expect(types["proxmoxve:index/containerLegacy:ContainerLegacy"]).toEqual(["nixdev-machine"]);
  expect(types["nixmon:components:MonitoringPrimary"]).toEqual(["nixmon"]);
  expect(types["nixmon:components:ExporterHost"]).toEqual([...others, "nixai"].sort());
  expect(types["nixmon:components:ProxmoxToken"]).toEqual(["proxmox-token"]);
  expect(types["nixmon:components:GrafanaOAuthClient"]).toEqual(["grafana-oauth"]);
  const applies = types["command:local:Command"]?.filter((name) => name.endsWith("-apply"));
  expect(applies).toEqual([...others, "nixai", "nixmon"].sort().map((name) => `${name}-apply`));
});

test("control: preview refuses the reference stack when one address is wrong", () => {
  const ended = preview((config) => {
    Object.assign(config["nixmon:hosts"].nixarr ?? {}, { address: "10.0.0.300" });
  });
  expect(ended.code).not.toBe(0);
  expect(ended.stdout + ended.stderr).toContain("hosts.nixarr.address");
});
