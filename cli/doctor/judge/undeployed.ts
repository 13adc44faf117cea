import { isDeepStrictEqual } from "node:util";
import type { HostData } from "../../../plan/types";
import { type Verdict, wrong } from "../result";
import type { DeployedStack } from "../state";

/** What the configuration says and was never deployed: a host is a finding, a change of one is a note. */
export function notDeployed(planned: Record<string, HostData>, { stack, hosts }: DeployedStack): Verdict {
  const missing = Object.keys(planned).filter((name) => hosts[name] === undefined);
  const changed = Object.entries(planned).filter(([name, data]) => {
    const deployed = hosts[name]?.data;
    // as it was sent: what is undefined is not in JSON
    return deployed !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(data)), deployed);
  });
  return {
    results: missing.map((name) =>
      wrong(`deployed/${name}`, name, "the host is deployed", {
        found: `${name} is in Pulumi.${stack}.yaml, but the stack has never deployed it`,
        wanted: "a deployed host",
        why: "it is new, or its first deployment failed",
        type: [`make up STACK=${stack}`],
      }),
    ),
    notes: changed.map(([name]) => ({
      host: name,
      text: `its configuration has changed since the last deployment; make up STACK=${stack} brings it there`,
    })),
  };
}
