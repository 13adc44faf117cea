import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { code, markdownTable, replaceGenerated } from "../../../cli/docs/markdown";
import { optionsPage } from "../../../cli/docs/options";
import { seedPage } from "../../../cli/docs/seed";
import { stackKeys } from "../../../cli/docs/stackKeys";
import options from "../../cases/options.json";

describe("a table", () => {
  test("keeps each row on one line, whatever is in it", () => {
    expect(markdownTable(["a"], [["x | y\nz"]])).toBe("| a |\n| --- |\n| x \\| y z |");
  });

  test("shows a name in angle brackets instead of taking it for a tag, and leaves code alone", () => {
    expect(markdownTable(["a"], [[`grafana.<domain>, ${code("<host>")}`]])).toContain("grafana.&lt;domain>, `<host>`");
  });

  test("goes between its markers, and nothing else changes", () => {
    const text = "one\n<!-- generated: x -->\nold\n<!-- end: x -->\ntwo\n";
    expect(replaceGenerated(text, "x", "new")).toBe("one\n<!-- generated: x -->\nnew\n<!-- end: x -->\ntwo\n");
    expect(() => replaceGenerated("one", "x", "new")).toThrow("no markers `<!-- generated: x -->`");
  });
});

describe("the keys of a stack", () => {
  const find = (path: string) => stackKeys().find((key) => key.path === path);

  test("name what is in maps and lists", () => {
    const paths = stackKeys().map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["hosts.<host>.address", "hosts.<host>.scrapes[].port", "lan"]));
    expect(new Set(paths).size).toBe(paths.length);
  });

  test("have the type that an error asks for, the default, and whether they are needed", () => {
    expect(find("domain")).toEqual({
      path: "domain",
      type: "a domain name such as example.net",
      default: undefined,
      required: true,
    });
    expect(find("hosts.<host>.scrapes[].path")).toMatchObject({ default: '"/metrics"', required: false });
  });

  test("of the kinds of machines are shown once, with each one's type", () => {
    expect(find("hosts.<host>.machine.type")?.type).toBe("vm | lxc | existing");
  });

  test("are all described; one that is not stops the page by its name", () => {
    const project = (keys: string[]) =>
      `config:\n${keys.map((key) => `  ${key}: { description: what ${key} is }`).join("\n")}`;
    const top = stackKeys().flatMap(({ path }) => (/[.<[]/.test(path) ? [] : [path]));
    // options of the modules are described by the modules, which are not asked here
    const modules = [...options.map(({ option }) => option), "exporters.node.port"];
    const known = modules.map((name) => ({
      name: `server.monitoring.${name}`,
      type: "",
      default: null,
      description: "",
    }));
    expect(() => optionsPage(known, project(top))).not.toThrow();
    expect(() => optionsPage(known, project(top.filter((key) => key !== "domain")))).toThrow(
      "key domain of stacks/schema.ts has no description",
    );
  });
});

describe("the page of the first document's rows", () => {
  const root = mkdtempSync(join(tmpdir(), "nixmon-docs-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function pageOf(row: object): string {
    mkdirSync(join(root, "test/cases"), { recursive: true });
    writeFileSync(join(root, "here.test.ts"), 'test("it works", () => {});\ntest.skip("it swims", () => {});');
    const section = { title: "Things", code: [], proof: [], rows: [{ row: "thing", ...row }] };
    writeFileSync(join(root, "test/cases/seed.json"), JSON.stringify({ things: section }));
    return seedPage(root);
  }

  test("names code and tests of a row", () => {
    expect(pageOf({ code: ["here.test.ts"], proof: [["here.test.ts", "it works"]] })).toContain(
      "| `thing` | [here.test.ts](../here.test.ts) | [here.test.ts](../here.test.ts): it works |",
    );
  });

  test.each([
    [
      "a file that is not there",
      { code: ["gone.ts"], proof: [["here.test.ts", "it works"]] },
      "thing: gone.ts is not there",
    ],
    [
      "a test that is not there",
      { proof: [["here.test.ts", "it flies"]] },
      'thing: no test "it flies" in here.test.ts',
    ],
    ["a test that is skipped", { proof: [["here.test.ts", "it swims"]] }, 'thing: no test "it swims" in here.test.ts'],
    ["no test at all", {}, "thing: no test is named"],
  ])("is not made when a row names %s", (_, row, message) => {
    expect(() => pageOf(row)).toThrow(message);
  });

  test.each([
    ["passed", 1, true],
    ["failed", 1, false],
    ["failed, before the file was changed", -1, true],
  ])("is made by results of a run here: %s", (status, later, made) => {
    const row = { proof: [["here.test.ts", "it works"]] };
    const file = join(root, "here.test.ts");
    mkdirSync(join(root, "build/test"), { recursive: true });
    const assertionResults = [{ ancestorTitles: [], title: "it works", status: status.split(",")[0] }];
    const startTime = Date.now() + later * 60_000;
    writeFileSync(
      join(root, "build/test/jest.json"),
      JSON.stringify({ testResults: [{ name: file, startTime, assertionResults }] }),
    );
    if (made) expect(pageOf(row)).toContain("it works");
    else expect(() => pageOf(row)).toThrow('test "it works" in here.test.ts did not pass when it last ran');
  });
});
