import { isAddress, isCidr, isDomain, isHostPort } from "../../../plan/address";
import { durationMs } from "../../../plan/duration";
import { optionProblems } from "../../../plan/optionChecks";
import table from "../../cases/values.json";

/** What a value looks like, one table with the checks of the NixOS modules (test/nix/cases/values.nix): neither side takes what the other refuses. */
const right = (retention: Record<string, string>) => optionProblems("x", { retention }).length === 0;
const judges: Record<keyof typeof table, (text: string) => number | boolean | null> = {
  duration: (text) => durationMs(text) ?? null,
  retention: (text) => right({ metrics: text }) && right({ logs: text }),
  size: (text) => right({ metricsSize: text }),
  domain: isDomain,
  upstream: isHostPort,
  address: isAddress,
  range: isCidr,
};

test.each(Object.entries(judges))("the form of a value is the same as on NixOS: %s", (kind, judge) => {
  const texts: Record<string, number | boolean | null> = table[kind as keyof typeof table];
  expect(Object.fromEntries(Object.keys(texts).map((text) => [text, judge(text)]))).toEqual(texts);
});

test("each kind of the table is judged", () => {
  expect(Object.keys(judges).sort()).toEqual(Object.keys(table).sort());
});
