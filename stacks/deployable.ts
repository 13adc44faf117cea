import { loginOf, wantedLogin } from "../cli/proxmox/api";
import type { HostData, Problem } from "../plan/types";
import { makesOf } from "./machines";
import { ConfigError } from "./problems";
import type { StackValues } from "./schema";

/**
 * What a deployment needs and `make render` does not. Asked before anything is registered: the engine would make and push whatever comes
 * before the first of these mistakes.
 * @param hosts as planned
 * @throws ConfigError with every mistake at once
 */
export function checkDeployable(
  stack: string,
  values: StackValues,
  hosts: readonly HostData[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const problems = [...hostKeyProblems(values), ...loginProblems(values, hosts, environment)];
  if (problems.length > 0) throw new ConfigError(stack, problems);
}

function hostKeyProblems({ hosts }: StackValues): Problem[] {
  return Object.entries(hosts)
    .filter(([, { machine, ssh }]) => machine.type === "existing" && ssh.hostKey === undefined)
    .map(([name]) => ({
      key: `nixmon:hosts.${name}.ssh.hostKey`,
      got: "nothing",
      want: "the first two words of what `cat /etc/ssh/ssh_host_ed25519_key.pub` prints on the host, because it exists already",
    }));
}

/** Whether there is one. Whether it is right is asked of Proxmox. */
function loginProblems(
  values: StackValues,
  hosts: readonly HostData[],
  environment: Readonly<Record<string, string | undefined>>,
): Problem[] {
  if (values.proxmox === undefined || makesOf(values, hosts).length === 0) return [];
  const { endpoint, username } = values.proxmox;
  const given = (key: "proxmoxApiToken" | "proxmoxPassword") => (values.givenSecrets.includes(key) ? key : undefined);
  const api = { endpoint, username, apiToken: given("proxmoxApiToken"), password: given("proxmoxPassword") };
  if (loginOf(api, environment) !== undefined) return [];
  return [{ key: "nixmon:proxmoxApiToken", got: `no login for ${endpoint}`, want: wantedLogin }];
}
