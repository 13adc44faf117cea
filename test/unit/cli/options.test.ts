import { checkOptions, wholeNumber } from "../../../cli/options";

const known = {
  stack: { type: "string" },
  host: { type: "string" },
  json: { type: "boolean" },
  STACK: { type: "positional" },
};
const refusal = (...words: string[]) => {
  try {
    checkOptions(words, known);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

test.each([
  ["--hosts", "--hosts: no such option, want one of --stack, --host, --json; did you mean --host?"],
  ["--stak=x", "--stak: no such option, want one of --stack, --host, --json; did you mean --stack?"],
  ["--no-host", "--no-host: no such option, want one of --stack, --host, --json"],
  ["-j", "--j: no such option, want one of --stack, --host, --json"],
  ["--STACK", "--STACK: no such option, want one of --stack, --host, --json; did you mean --stack?"],
])("%s is refused, with the options there are", (word, message) => {
  expect(refusal("--json", word)).toBe(message);
});

test("control: what a command has is taken, in every form, and so is what is no option", () => {
  expect(refusal("home", "--stack", "a", "--host=b", "--json", "--no-json")).toBeUndefined();
  expect(refusal("--", "--hosts")).toBeUndefined();
});

test("a number is a number", () => {
  expect(wholeNumber("wait", "0", 0)).toBe(0);
  expect(wholeNumber("wait", "60", 1)).toBe(60);
  for (const text of ["abc", "", "-1", "1.5", "1e3", " 1"])
    expect(() => wholeNumber("wait", text, 0)).toThrow(`--wait: got "${text}", want a whole number of at least 0`);
  expect(() => wholeNumber("minutes", "0", 1)).toThrow("want a whole number of at least 1");
});
