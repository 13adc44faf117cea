import { readAnswers } from "../../../cli/doctor/ask";
import { readFacts } from "../../../cli/doctor/facts";
import { questionsFor } from "../../../cli/doctor/questions";
import { secretKeys } from "../../../plan/secrets";
import { now, stack } from "./situation";

const answer = (out: string, code = 0) => ({ code, out, err: "" });
const nonce = "0123456789abcdef";

test("answers come back whole, with any bytes in them", () => {
  const text = "a b\tc\n\"'€\n";
  const line = `log 2 ${Buffer.from(text).toString("base64")}. .\n`;
  expect(readAnswers(line)).toEqual({ log: { code: 2, out: text, err: "" } });
});

test("the gate's findings are read, the tolerated ones among them", () => {
  const status = {
    hash: "h",
    pending: null,
    failing: ["unit loki.service: failed, not active"],
    tolerated: ["metric pve: http://127.0.0.1:9221/pve?a=1 does not show pve_up"],
    versions: {},
  };
  expect(readFacts({ answers: { status: answer(JSON.stringify(status)) } }).gate?.failing).toEqual([
    { kind: "unit", name: "loki.service", why: "failed, not active" },
    { kind: "metric", name: "pve", why: "http://127.0.0.1:9221/pve?a=1 does not show pve_up" },
  ]);
});

test("an agent that says something else than JSON is no verdict", () => {
  expect(readFacts({ answers: { status: answer("sh: not found", 127) } }).gate).toBeUndefined();
});

test("Proxmox' two answers are told apart, each with its code", () => {
  const out = '{"data":{"/":{"VM.Audit":1,"Sys.Audit":1}}}\n200 0 \n{"data":[{"vmid":100},{"vmid":101}]}\n200 0 \n';
  const facts = readFacts({ answers: { targets: answer(""), proxmox: answer(out) } });
  expect(facts.collector?.proxmox).toEqual({
    permissions: { code: 200, exit: 0, address: "", error: "" },
    privileges: ["Sys.Audit", "VM.Audit"],
    elsewhere: [],
    guests: 2,
  });
});

test("of Proxmox' rights those count that are on / and handed down, and it is known where others are", () => {
  const rights = { "/": { "VM.Audit": 0, "Sys.Audit": 1 }, "/vms": { "VM.Audit": 1 }, "/nodes": {} };
  const out = `${JSON.stringify({ data: rights })}\n200 0 \n{"data":[]}\n200 0 \n`;
  const facts = readFacts({ answers: { targets: answer(""), proxmox: answer(out) } });
  expect(facts.collector?.proxmox).toMatchObject({ privileges: ["Sys.Audit"], elsewhere: ["/vms"] });
});

test("the identity provider's answers are read, also where there was no connection", () => {
  const out = [
    "address 10.0.0.99",
    "asked 000 7  Failed to connect to auth.example.net port 443",
    "direct 200 0 10.0.0.13 ",
    "certificate auth.example.net Start date:Nov 24 11:58:24 2026 GMT",
    "certificate auth.example.net Expire date:2026-12-24 11:58:24 GMT",
  ].join("\n");
  const found = readFacts({ answers: { targets: answer(""), identity: answer(out) } }).collector?.identity;
  expect(found).toEqual({
    addresses: ["10.0.0.99"],
    asked: { code: 0, exit: 7, address: "", error: "Failed to connect to auth.example.net port 443" },
    direct: { code: 200, exit: 0, address: "10.0.0.13", error: "" },
    certificate: {
      domain: "auth.example.net",
      start: new Date("2026-11-24T11:58:24Z"),
      expiry: new Date("2026-12-24T11:58:24Z"),
    },
  });
});

test("the clock's difference is read, and nothing else is taken for one", () => {
  expect(readFacts({ answers: { clock: answer("-7200\n") } }).clockAhead).toBe(-7200);
  expect(readFacts({ answers: { clock: answer("sh: date: not found", 127) } }).clockAhead).toBeUndefined();
});

test("a payload whose list is gone counts as changed", () => {
  expect(readFacts({ answers: { payload: answer("", 1) } }).changedFiles).toEqual(["files.sha256"]);
  expect(readFacts({ answers: { payload: answer("default.nix: FAILED\n", 1) } }).changedFiles).toEqual(["default.nix"]);
  expect(readFacts({ answers: { payload: answer("") } }).changedFiles).toEqual([]);
  const gone = (code: number) => readFacts({ answers: { payload: answer("", code) } }).payloadGone;
  expect([gone(3), gone(1), gone(0)]).toEqual([true, undefined, undefined]);
});

const data = (name: string) => {
  const host = stack.hosts[name];
  if (host === undefined) throw new Error(`the fixture has no ${name}`);
  return host.data;
};

test("an ordinary host is asked about itself alone, the primary about what it collects too", () => {
  expect(Object.keys(questionsFor(data("nixserv"), stack, nonce, now)).sort()).toEqual([
    "clock",
    "generation",
    "log",
    "payload",
  ]);
  expect(Object.keys(questionsFor(data("nixmon"), stack, nonce, now))).toEqual(
    expect.arrayContaining([
      "targets",
      "files",
      "metrics",
      "identity",
      "proxmox",
      "certificates",
      "storage",
      "secrets",
    ]),
  );
});

test("secrets are hashed with the run's own salt on the host: another run gives other hashes", () => {
  const one = questionsFor(data("nixcloud"), stack, nonce, now).secrets ?? "";
  expect(one).toContain(secretKeys.kanidmGrafanaSecret);
  expect(one).toContain(`{ printf %s ${nonce}; cat "$3"; } | sha256sum`);
  expect(questionsFor(data("nixcloud"), stack, "another", now).secrets).not.toContain(nonce);
});

test("the Proxmox token goes to curl by stdin, never as a word of a command", () => {
  const asked = questionsFor(data("nixmon"), stack, nonce, now).proxmox ?? "";
  const [login = "", ...requests] = asked.split("\n");
  expect(login).toMatch(/^login\(\) \{ printf /);
  expect(requests).toHaveLength(2);
  for (const request of requests) {
    expect(request).toMatch(/^login \| curl -sS -K - /);
    expect(request).not.toContain("secrets/");
  }
});
