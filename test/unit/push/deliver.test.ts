import { brief } from "../../../cli/push/deliver";

test("a machine that is made here is asked for 2 s whether it is there, one that is not for 5 s", () => {
  expect(brief({ made: true }).connect).toBe(2);
  expect(brief({}).connect).toBe(5);
});
