import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Browser } from "./browser";
import { ForeignKanidm } from "./kanidm";
import { eventually, must, root, run } from "./sandbox";

/** A Kanidm that somebody else runs: the stand-in on this machine, with groups and people but without Grafana's client. */
const folder = `${root}/build/engine/kanidm`;
const url = "https://localhost:18443";
const grafana = "https://grafana.sandbox.test";
const kanidm = new ForeignKanidm(folder, url);
/** Of the service account that we look with. */
let token = "writer";
let authority: string;

beforeAll(async () => {
  authority = await kanidm.start(["grafana_admins", "grafana_editors", "grafana_viewers"]);
});

afterAll(() => kanidm.stop());

interface Told {
  url: string;
  token: string;
  authorities: string[];
  owner: string;
  rotation: number;
  client: Record<string, unknown>;
}

const maps = (...groups: string[]) => Object.fromEntries(groups.map((group) => [group, ["openid", "email"]]));
const client = {
  name: "grafana",
  displayName: "Grafana",
  landing: `${grafana}/`,
  redirect: `${grafana}/login/generic_oauth`,
  scopeMaps: maps("grafana_admins"),
  claimMaps: { grafana_role: { grafana_admins: ["Admin"] } },
};

/** Runs the command as the component does; the engine's part is in the last tests. */
function tool(verb: "apply" | "remove", change: Partial<Told> = {}) {
  const told: Told = { url, token: "writer", authorities: [authority], owner: "nixmon/x", rotation: 1, client };
  writeFileSync(`${folder}/told.json`, JSON.stringify({ ...told, ...change }));
  return run(["bash", "-c", `exec node dist/cli/kanidm.js ${verb} <"$0"`, `${folder}/told.json`]);
}

async function entry(name: string): Promise<{ attrs: Record<string, string[]> } | null> {
  const page = await new Browser(authority).get(`${url}/v1/oauth2/${name}`, { authorization: `Bearer ${token}` });
  return JSON.parse(page.body);
}

describe("the command refuses with the remedy, and leaves nothing half made, when", () => {
  test.each<[string, () => Partial<Told>, RegExp]>([
    ["nothing listens", () => ({ url: "https://localhost:9" }), /localhost:9: connection refused.*is Kanidm running/],
    ["the name is nowhere", () => ({ url: "https://idm.invalid" }), /idm\.invalid: the name does not resolve/],
    ["the certificate is not trusted", () => ({ authorities: [] }), /certificate is not trusted.*tls\.caFile/],
    ["the token is wrong", () => ({ token: "t0ken" }), /does not accept the token.*set --secret kanidmToken/],
    ["the token may only read", () => ({ token: "reader" }), /the token may not do this.*idm_oauth2_admins/],
    ["the account is in no group", () => ({ token: "stranger" }), /the token may not do this.*idm_oauth2_admins/],
    [
      "groups are missing",
      () => ({ client: { ...client, scopeMaps: maps("grafana_admins", "no_one", "nobody") } }),
      /Kanidm has no group no_one, nobody.*kanidm group create no_one; kanidm group create nobody/,
    ],
    [
      "there is such a client that is not ours",
      () => ({ client: { ...client, name: "wiki" } }),
      /client wiki already that nixmon did not make \(redirects: https:\/\/wiki\.test\/cb\)/,
    ],
    ["Kanidm has another name", () => ({ url: "https://127.0.0.1:18443" }), /calls itself https:\/\/localhost:18443/],
  ])("%s", async (_, change, words) => {
    const ended = tool("apply", change());
    expect(ended.stderr).toMatch(words);
    expect([ended.code, ended.stdout]).toEqual([1, ""]);
    expect(ended.stderr).not.toContain(change().token ?? "writer");
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(await entry("grafana")).toBeNull();
  });

  test("control: without a mistake the client is made, made again without a change, and removed", async () => {
    const first = tool("apply");
    expect(first.code).toBe(0);
    const made = await entry("grafana");
    expect(made?.attrs).toMatchObject({
      oauth2_rs_origin: [client.redirect],
      description: ["Made by nixmon for nixmon/x; secret 1"],
      oauth2_rs_scope_map: ['grafana_admins@localhost: {"openid","email"}'],
      oauth2_rs_claim_map: ['grafana_role:grafana_admins@localhost:;:"Admin"'],
    });
    expect(tool("apply").stdout).toBe(first.stdout);
    expect(await entry("grafana")).toEqual(made);
    expect(tool("apply", { owner: "nixmon/y" }).stderr).toContain("belongs to the stack nixmon/x, not to nixmon/y");
    expect(tool("remove", { owner: "nixmon/y" }).stderr).toContain("nothing to remove");
    expect(await entry("grafana")).toEqual(made);
    expect(tool("remove").code).toBe(0);
    expect(await entry("grafana")).toBeNull();
  });

  test("what somebody added by hand is taken away again", async () => {
    tool("apply");
    const headers = { authorization: `Bearer ${token}` };
    const browser = new Browser(authority);
    await browser.send("POST", `${url}/v1/oauth2/grafana/_attr/oauth2_rs_origin`, '["https://evil.test/"]', headers);
    await browser.send("POST", `${url}/v1/oauth2/grafana/_scopemap/grafana_viewers`, '["openid"]', headers);
    expect((await entry("grafana"))?.attrs.oauth2_rs_origin).toContain("https://evil.test/");
    expect(tool("apply").code).toBe(0);
    const mended = await entry("grafana");
    expect(mended?.attrs.oauth2_rs_origin).toEqual([client.redirect]);
    expect(mended?.attrs.oauth2_rs_scope_map).toHaveLength(1);
    tool("remove");
  });
});

describe("a GrafanaOAuthClient at somebody else's Kanidm", () => {
  const program = `${root}/build/engine/oauth`;
  const stack = (words: string[]) => must(["pulumi", ...words, "--non-interactive"], { cwd: program });
  const write = (rotation: number) =>
    writeFileSync(
      `${program}/index.js`,
      `
      const pulumi = require("@pulumi/pulumi");
      const { readFileSync } = require("node:fs");
      const { GrafanaOAuthClient } = require(${JSON.stringify(`${root}/dist/components`)});
      const external = {
        url: "${url}",
        token: new pulumi.Config().requireSecret("kanidmToken"),
        authorities: [readFileSync("${folder}/standin-chain.pem", "utf8")],
      };
      const client = new GrafanaOAuthClient("oauth", { domain: "sandbox.test", rotation: ${rotation}, external });
      exports.secret = client.clientSecret;
    `,
    );
  const secret = () => stack(["stack", "output", "--show-secrets", "secret"]).stdout.trim();
  const changes = (words: string[]) => {
    const { stdout } = stack([...words, "--yes", "--skip-preview", "--json"]);
    const events = stdout.split("\n").filter((line) => line.includes('"summaryEvent"'));
    return JSON.parse(events.at(-1) ?? "{}").summaryEvent?.resourceChanges as Record<string, number>;
  };

  /** What Kanidm says to a client with this secret: with the right one it goes on to find that the code is made up. */
  async function askForToken(with_: string): Promise<string> {
    const authorization = `Basic ${Buffer.from(`grafana:${with_}`).toString("base64")}`;
    const form = { grant_type: "authorization_code", code: "made-up" };
    const page = await new Browser(authority).post(`${url}/oauth2/token`, form, { authorization });
    return (JSON.parse(page.body) as { error: string }).error;
  }

  beforeAll(() => {
    rmSync(program, { recursive: true, force: true });
    mkdirSync(program, { recursive: true });
    writeFileSync(`${program}/Pulumi.yaml`, "name: oauth\nruntime: { name: nodejs, options: { typescript: false } }\n");
    writeFileSync(`${program}/package.json`, '{ "name": "oauth", "private": true, "main": "index.js" }');
    write(1);
    stack(["stack", "select", "--create", "dev"]);
    must(["bash", "-c", "printf writer | pulumi config set --stack dev --secret kanidmToken"], { cwd: program });
  });

  afterAll(() => {
    run(["pulumi", "stack", "rm", "--yes", "--force", "dev"], { cwd: program });
  });

  test("is made once, keeps its secret while nothing changes, and shows neither secret nor token in the state", async () => {
    expect(changes(["up"])).toMatchObject({ create: 3 });
    expect(await askForToken(secret())).toBe("invalid_grant");
    expect(await askForToken("another")).toBe("invalid_client");
    expect(changes(["up"])).toEqual({ same: 3 });
    const state = stack(["stack", "export"]).stdout;
    expect(state).not.toContain(secret());
    expect(state).not.toContain('"writer"');
    expect(state).not.toContain("writer\\");
    // control: what is not secret would be found
    expect(state).toContain("kanidm.js apply");
    expect(stack(["stack", "export", "--show-secrets"]).stdout).toContain(secret());
  });

  test("gets another secret by another rotation number: the old one is refused", async () => {
    const old = secret();
    write(2);
    expect(changes(["up"])).toMatchObject({ update: 1, same: 2 });
    expect(secret()).not.toBe(old);
    expect([await askForToken(old), await askForToken(secret())]).toEqual(["invalid_client", "invalid_grant"]);
  });

  test("takes another token of its service account: the old one is refused, client and secret stay as they are", async () => {
    const [before, had] = [secret(), await entry("grafana")];
    token = "successor";
    kanidm.giveTokens(`${token} readwrite\n`);
    await eventually(
      10,
      () => tool("apply", { token: "writer" }).stderr,
      (told) => told.includes("does not accept the token"),
    );
    must(["bash", "-c", `printf ${token} | pulumi config set --stack dev --secret kanidmToken`], { cwd: program });
    expect(changes(["up"])).toEqual({ update: 1, same: 2 });
    expect(await entry("grafana")).toEqual(had);
    expect(secret()).toBe(before);
    expect(await askForToken(before)).toBe("invalid_grant");
  });

  test("is gone from Kanidm after a destroy", async () => {
    changes(["destroy"]);
    expect(await entry("grafana")).toBeNull();
  });
});
