import { readFileSync } from "node:fs";
import { Browser, type Page } from "./browser";
import { changedConfig, must, onHost, up } from "./sandbox";

/** People log in to Grafana with Kanidm, by the same steps as a browser: the OAuth code flow with PKCE. */
const state = process.env.NIXMON_SANDBOX ?? "/var/lib/nixmon-sandbox";
const authority = readFileSync(`${state}/ca/ca.pem`, "utf8");
const passwords = Object.fromEntries(
  readFileSync(`${state}/identity/passwords`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ") as [string, string]),
);
const grafana = "https://grafana.sandbox.test";

/** Ends where the person ends: in Grafana, or at whoever refused. */
async function login(browser: Browser, person: string, password = passwords[person] ?? ""): Promise<Page> {
  const form = await browser.get(`${grafana}/login/generic_oauth`);
  expect(form.url.origin).toBe("https://auth.sandbox.test");
  return browser.post(form.url, { user: person, password });
}

async function roleOf(person: string): Promise<string> {
  const browser = new Browser(authority);
  const page = await login(browser, person);
  if (page.url.origin !== grafana) throw new Error(`${page.url.origin} answered ${page.status}: ${page.body}`);
  const [org] = JSON.parse((await browser.get(`${grafana}/api/user/orgs`)).body) as [{ role: string }];
  return org.role;
}

test.each([
  ["ada", "Admin"],
  ["erin", "Editor"],
  ["victor", "Viewer"],
])("%s logs in with Kanidm and is %s", async (person, role) => {
  expect(await roleOf(person)).toBe(role);
});

test("who is in no group is refused by Kanidm, and by Grafana stays unknown", async () => {
  const browser = new Browser(authority);
  const page = await login(browser, "nora");
  expect([page.url.origin, page.status]).toEqual(["https://auth.sandbox.test", 403]);
  expect((await browser.get(`${grafana}/api/user`)).status).toBe(401);
});

test("a wrong password is refused", async () => {
  const page = await login(new Browser(authority), "ada", "wrong");
  expect([page.url.origin, page.status]).toEqual(["https://auth.sandbox.test", 401]);
});

/** What Kanidm says to a client with this secret: with the right one it goes on to find that the code is made up. */
async function askForToken(secret: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`grafana:${secret}`).toString("base64")}`;
  const form = { grant_type: "authorization_code", code: "made-up" };
  const page = await new Browser(authority).post("https://auth.sandbox.test/oauth2/token", form, { authorization });
  return (JSON.parse(page.body) as { error: string }).error;
}

/** Deploys, and waits until what was restarted answers. */
async function deploy(config?: string) {
  const ended = up("sandbox", config);
  expect(ended.errors).toBe("");
  const browser = new Browser(authority);
  await browser.ready("https://auth.sandbox.test/status");
  await browser.ready(`${grafana}/api/health`);
  return ended;
}

const secretOn = (host: string, key: string) => onHost(host, `cat /var/lib/nixmon/secrets/${key}`);

test("one rotation changes both ends in one run: the old secret is refused, the new one accepted", async () => {
  const old = secretOn("nixcloud", "KANIDM/OAUTH2/GRAFANA_SECRET");
  expect(await askForToken(old)).toBe("invalid_grant");
  const config = changedConfig("sandbox", (values) => {
    values["nixmon:rotation"] = { grafanaOAuth: 2 };
  });
  const ended = await deploy(config);
  expect(ended.changes).toMatchObject({ create: 0, update: 2, delete: 0, replace: 1 });
  const fresh = secretOn("nixcloud", "KANIDM/OAUTH2/GRAFANA_SECRET");
  expect(fresh).toMatch(/^[A-Za-z0-9]{48}$/);
  expect(fresh).not.toBe(old);
  expect(secretOn("nixmon", "MONITORING/GRAFANA/OAUTH_SECRET")).toBe(fresh);
  expect([await askForToken(old), await askForToken(fresh)]).toEqual(["invalid_client", "invalid_grant"]);
  expect(await roleOf("erin")).toBe("Editor");
});

test("without Kanidm Grafana has its own login, with the generated password of the stack's output", async () => {
  const config = changedConfig("sandbox", (values) => {
    values["nixmon:rotation"] = { grafanaOAuth: 2 };
    values["nixmon:monitoring"] = { collector: { grafana: { kanidm: { enable: false } } } };
  });
  await deploy(config);
  const output = ["pulumi", "stack", "output", "--stack", "sandbox", "grafanaAdminPassword"];
  expect(must(output).stdout.trim()).toBe("[secret]");
  const password = must([...output, "--show-secrets"]).stdout.trim();
  const browser = new Browser(authority);
  expect((await browser.get(`${grafana}/login/generic_oauth`)).status).toBe(404);
  expect((await browser.post(`${grafana}/login`, { user: "admin", password: "admin" })).status).toBe(401);
  expect((await browser.post(`${grafana}/login`, { user: "admin", password })).status).toBe(200);
  expect(JSON.parse((await browser.get(`${grafana}/api/user`)).body)).toMatchObject({ login: "admin" });
  // a client that nobody uses any more is not left at Kanidm's with a secret
  expect(onHost("nixcloud", "ls -R /var/lib/nixmon/secrets")).not.toContain("GRAFANA_SECRET");
});

test("with Kanidm again people log in again", async () => {
  await deploy();
  expect(await roleOf("ada")).toBe("Admin");
});
