import { InputError, readInput } from "../../../cli/kanidm/input";
import { changes, type Entry, foreign, verdict } from "../../../cli/kanidm/reconcile";
import { unreached } from "../../../cli/kanidm/rest";
import { grafanaClientOf } from "../../../plan/kanidm";

const wanted = { owner: "nixmon/home", rotation: 1, client: grafanaClientOf("example.net") };
const redirect = "https://grafana.example.net/login/generic_oauth";
const ours = "Made by nixmon for nixmon/home; secret 1";
const entry = (attrs: Entry["attrs"]): Entry => ({
  attrs: { description: [ours], oauth2_rs_origin: [redirect], ...attrs },
});
const sent = (found: Entry | null, more: Partial<typeof wanted> = {}) =>
  changes(found, { ...wanted, ...more }).map(({ method, path, body }) =>
    [method, path, body === undefined ? "" : JSON.stringify(body)].join(" ").trim(),
  );
const maps = [
  ...["admins", "editors", "viewers"].map(
    (group) => `POST /v1/oauth2/grafana/_scopemap/grafana_${group} ["openid","profile","email","groups"]`,
  ),
  ...["admins Admin", "editors Editor", "viewers Viewer"].map((pair) => {
    const [group, role] = pair.split(" ");
    return `POST /v1/oauth2/grafana/_claimmap/grafana_role/grafana_${group} ["${role}"]`;
  }),
];
const attributes =
  '"displayname":["Grafana"],"oauth2_rs_origin_landing":["https://grafana.example.net/"],"oauth2_prefer_short_username":["true"]';

test("a client that is not there is made with everything, its mark included", () => {
  expect(sent(null)).toEqual([
    `POST /v1/oauth2/_basic {"attrs":{${attributes},"name":["grafana"],"description":["${ours}"],"oauth2_strict_redirect_uri":["true"]}}`,
    `POST /v1/oauth2/grafana/_attr/oauth2_rs_origin ["${redirect}"]`,
    ...maps,
  ]);
});

test("a client that is right keeps its secret and its redirect", () => {
  expect(sent(entry({}))).toEqual([`PATCH /v1/oauth2/grafana {"attrs":{${attributes}}}`, ...maps]);
});

test("another redirect goes after the right one is there", () => {
  const requests = sent(entry({ oauth2_rs_origin: ["https://old.example.net/"] }));
  expect(requests.slice(1, 3)).toEqual([
    `POST /v1/oauth2/grafana/_attr/oauth2_rs_origin ["${redirect}"]`,
    'DELETE /v1/oauth2/grafana/_attr/oauth2_rs_origin ["https://old.example.net/"]',
  ]);
});

test("maps of other groups go: they would let more people in", () => {
  const found = entry({
    oauth2_rs_scope_map: ['grafana_admins@idm.test: {"openid"}', 'everybody@idm.test: {"openid"}'],
    oauth2_rs_claim_map: [
      'grafana_role:grafana_admins@idm.test:;:"Admin"',
      'grafana_role:staff@idm.test:;:"Admin"',
      'team:grafana_admins@idm.test:,:"a"',
    ],
  });
  expect(sent(found).filter((line) => line.startsWith("DELETE"))).toEqual([
    "DELETE /v1/oauth2/grafana/_scopemap/everybody%40idm.test",
    "DELETE /v1/oauth2/grafana/_claimmap/grafana_role/staff%40idm.test",
    "DELETE /v1/oauth2/grafana/_claimmap/team/grafana_admins%40idm.test",
  ]);
});

test("another rotation number makes another secret, and is noted after it is made", () => {
  expect(sent(entry({}), { rotation: 2 }).slice(-2)).toEqual([
    'PATCH /v1/oauth2/grafana {"attrs":{"oauth2_rs_basic_secret":[]}}',
    'PATCH /v1/oauth2/grafana {"attrs":{"description":["Made by nixmon for nixmon/home; secret 2"]}}',
  ]);
});

test.each<[string, Entry, RegExp | undefined]>([
  ["ours", entry({}), undefined],
  ["ours with another secret", entry({ description: ["Made by nixmon for nixmon/home; secret 7"] }), undefined],
  [
    "of a stack whose name begins alike",
    entry({ description: ["Made by nixmon for nixmon/home2; secret 1"] }),
    /home2/,
  ],
  ["made by hand", entry({ description: undefined }), /nixmon did not make \(redirects: https:\/\/grafana/],
  ["made by hand with words", entry({ description: ["Login of Grafana"] }), /nixmon did not make/],
])("a client is left alone unless it is ours: %s", (_, found, words) => {
  if (words === undefined) expect(foreign(found, wanted)).toBeUndefined();
  else expect(foreign(found, wanted)).toMatch(words);
});

const url = "https://idm.test";
const issuer = `${url}/oauth2/openid/grafana`;
test.each<[string, Entry | null, string, RegExp | undefined]>([
  ["what was asked for", entry({}), issuer, undefined],
  ["nothing to be seen", null, issuer, /idm_oauth2_admins/],
  ["no redirect", entry({ oauth2_rs_origin: undefined }), issuer, /redirects are none, but Grafana sends/],
  [
    "a slash more",
    entry({ oauth2_rs_origin: [`${redirect}/`] }),
    issuer,
    /generic_oauth\/, but Grafana sends https:\/\/grafana\.example\.net\/login\/generic_oauth:/,
  ],
  ["another name", entry({}), "https://auth.test/oauth2/openid/grafana", /calls itself https:\/\/auth\.test, but/],
])("the outcome is looked at: %s", (_, found, says, words) => {
  const verdictFound = verdict(found, says, { url, client: wanted.client });
  if (words === undefined) expect(verdictFound).toBeUndefined();
  else expect(verdictFound).toMatch(words);
});

test.each([
  ["ENOTFOUND", "does not resolve"],
  ["ECONNREFUSED", "nothing listens"],
  ["CERT_HAS_EXPIRED", "expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls.caFile"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "tls.caFile"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls.caFile"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "another name"],
  ["EHOSTUNREACH", "not reachable"],
])("%s is told as: %s", (code, words) => {
  expect(unreached(Object.assign(new Error("x"), { code }))).toContain(words);
});

describe("stdin", () => {
  const good = { url, token: "t0ken", authorities: [], ...wanted };

  test("is taken as the component sends it", () => {
    expect(readInput(JSON.stringify(good))).toEqual(good);
  });

  test.each<[string, Record<string, unknown>]>([
    ["url", { url: "http://idm.test" }],
    ["url", { url: "https://idm.test/path" }],
    ["token", { token: "t0ken\n" }],
    ["token", { token: "" }],
    ["rotation", { rotation: "1" }],
    ["client", { client: undefined }],
  ])("with a wrong %s is refused without showing a value: %j", (key, change) => {
    const read = () => readInput(JSON.stringify({ ...good, ...change }));
    expect(read).toThrow(InputError);
    expect(read).toThrow(`wrong or missing: ${key}`);
    expect(read).not.toThrow("t0ken");
  });

  test("that is no JSON is refused by its length alone", () => {
    expect(() => readInput("t0ken")).toThrow("stdin is no JSON (5 characters)");
  });
});
