import { ExporterHost } from "../../../components/exporterHost";
import { withoutStacks } from "../../../components/internal/withoutStacks";
import { answers, dataOf, hostKey, vm } from "./deployed";
import { mockEngine, settled } from "./mocks";

/** How many stacks with at least one line the work has formatted. */
function stacksOf(work: () => void): number {
  const before = Error.prepareStackTrace;
  let formatted = 0;
  Error.prepareStackTrace = (error, frames) => {
    if (frames.length > 0) formatted++;
    return String(error);
  };
  try {
    work();
  } finally {
    Error.prepareStackTrace = before;
  }
  return formatted;
}

const machines = { "an existing host": { type: "existing" } as const, "a virtual machine": vm };

test.each(Object.entries(machines))(
  "%s takes no more stacks than its component and four resources have places",
  async (_, machine) => {
    await mockEngine(answers);
    const hosts: ExporterHost[] = [];
    const taken = stacksOf(
      () => void hosts.push(new ExporterHost("web", { data: dataOf("web"), machine, ssh: { hostKey } })),
    );
    await Promise.all(hosts.map((host) => settled(host.hash)));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(30);
  },
);

test("an error that is made in it says what happened, and its message may still be changed", () => {
  const error = withoutStacks(Error, "early");
  error.message = "late";
  expect(error.stack).toBe("Error: late");
});

test("afterwards errors have their stacks again, also where the making failed", () => {
  class Impossible {
    constructor(why: string) {
      throw new Error(why);
    }
  }
  expect(() => withoutStacks(Impossible, "no such thing")).toThrow("no such thing");
  expect(new Error("after").stack).toContain("withoutStacks.test.ts");
});
