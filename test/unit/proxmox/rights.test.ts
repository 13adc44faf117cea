import { rightsProblem, type TokenRights } from "../../../cli/proxmox/rights";

const auditor: TokenRights = {
  privileges: ["Datastore.Audit", "Sys.Audit", "VM.Audit"],
  guests: 2,
  nodes: 1,
  write: { status: 403, reason: "Permission check failed (/pool/nixmon-write-test, Pool.Allocate)" },
};
const problem = (change: Partial<TokenRights>) => rightsProblem("monitoring@pve!prometheus", { ...auditor, ...change });

test("a token that sees a node or a guest and may change nothing is right", () => {
  expect(problem({})).toBeUndefined();
  expect(problem({ guests: 0 })).toBeUndefined();
  expect(problem({ nodes: 0 })).toBeUndefined();
});

test.each<[string, Partial<TokenRights>, string]>([
  [
    "without rights",
    { privileges: [], guests: 0, nodes: 0 },
    "valid but may see nothing (0 privileges, 0 guests, 0 nodes",
  ],
  [
    "that sees no guest and no figures",
    { guests: 0, nodes: 0 },
    "200 with empty lists. Give role PVEAuditor on / to both",
  ],
  ["with more than Audit", { privileges: ["Sys.Audit", "VM.PowerMgmt"] }, "may do more than look: VM.PowerMgmt"],
  [
    "whose write is not refused",
    { write: { status: 500, reason: "no such pool" } },
    "answered 500 no such pool, want 403",
  ],
])("a token %s is an error that says what to do", (_, change, text) => {
  expect(problem(change)).toContain("monitoring@pve!prometheus: ");
  expect(problem(change)).toContain(text);
});
