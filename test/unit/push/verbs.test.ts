import { isPush } from "../../../cli/push/verbs";

test.each([
  ["sh cli/push.sh apply", true],
  ["sh '../my stacks/cli/push.sh' apply", true],
  ["node dist/cli/push.js apply", true],
  ["sh cli/push.sh secrets", false],
  ["sh cli/mypush.sh apply", false],
  [undefined, false],
])("whether %j is the push `apply`: %s", (command, is) => {
  expect(isPush(command, "apply")).toBe(is);
});
