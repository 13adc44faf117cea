import { passedAs } from "../../../cli/docs/ran";

test.each([
  ["it works", "it works well", true],
  ["each command for %s ends well", "each command for nixmon ends well there", true],
  ["$row keeps its port", "Loki :3100 keeps its port", true],
  ["a (b) [c]", "a (b) [c]", true],
  ["it works", "it is skipped", false],
  ["each command for %s ends well", "each command for nixmon ends badly", false],
])("%j is met by %j: %s", (words, title, met) => {
  expect(passedAs([title], words)).toBe(met);
});
