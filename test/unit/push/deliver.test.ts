import { brief } from "../../../cli/push/deliver";
import { agentScript, packageRoot } from "../../../cli/push/release";
import { inCommand } from "../../../cli/push/remote";

test("a machine that is made here is asked for 2 s whether it is there, one that is not for 5 s", () => {
  expect(brief({ made: true }).connect).toBe(2);
  expect(brief({}).connect).toBe(5);
});

test("the agent fits into one argument of a command on the host, of which Linux takes 128 KiB", () => {
  expect(inCommand(agentScript(packageRoot()), ["targets", "put", "nixio"], "").length).toBeLessThan(128 * 1024);
});
