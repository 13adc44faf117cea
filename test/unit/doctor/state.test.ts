import { readDeployed } from "../../../cli/doctor/state";

const guest = (type: string, more: object = {}) => ({ urn: `urn:${type}`, type: `proxmoxve:index/${type}`, ...more });
const apply = {
  urn: "urn:web-apply",
  type: "command:local:Command",
  inputs: {
    create: "sh cli/push.sh apply",
    stdin: JSON.stringify({
      name: "web",
      connection: { host: "10.0.0.3", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
      data: { schema: 1, host: "web", collector: null },
    }),
  },
  outputs: { stdout: JSON.stringify({ hash: "h" }) },
};
const exported = (...resources: object[]) => JSON.stringify({ deployment: { resources } });

test("the guests of a stack are its virtual machines and containers, without those that are being replaced", () => {
  const machines = [
    guest("vmLegacy:VmLegacy"),
    guest("vmLegacy:VmLegacy", { delete: true }),
    guest("containerLegacy:ContainerLegacy"),
    guest("userTokenLegacy:UserTokenLegacy"),
  ];
  expect(readDeployed("home", exported(apply, ...machines)).guests).toBe(2);
  expect(readDeployed("home", exported(apply)).guests).toBe(0);
});

test("a state without a host is an error that says what to type", () => {
  expect(() => readDeployed("home", exported())).toThrow("want a deployed stack; run `make up STACK=home`");
});

describe("of a host whose last deployment failed, the output holds no targets", () => {
  const target = { name: "node", job: "node", host: "web", address: "10.0.0.3", port: 9100 };
  const stack = (web: unknown) => ({
    urn: "urn:stack",
    type: "pulumi:pulumi:Stack",
    outputs: { scrapeTargets: { web, other: [target] } },
  });
  const told = {
    urn: "urn:targets",
    type: "command:local:Command",
    inputs: {
      create: "node cli/push.js targets",
      stdin: JSON.stringify({ name: "mon", host: "web", targets: [target] }),
    },
  };
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

  test("those that the primary was told before count", () => {
    expect(readDeployed("home", exported(stack(unknown), apply, told)).scrapeTargets).toEqual({
      web: [target],
      other: [target],
    });
  });

  test("and none where it was never told any", () => {
    expect(readDeployed("home", exported(stack(unknown), apply)).scrapeTargets).toEqual({ web: [], other: [target] });
  });

  test("control: where it has targets, they count", () => {
    expect(readDeployed("home", exported(stack([]), apply, told)).scrapeTargets.web).toEqual([]);
  });
});
