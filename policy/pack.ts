import { PolicyPack, type PolicyResource, type ReportViolation, type ResourceValidationPolicy } from "@pulumi/policy";
import type { HostData } from "../plan/types";
import { exposureProblems, hostKeyProblem, type PolicyName, plainSecrets, policies, protectionProblem } from "./rules";

/** The rules, asked about the engine's resources: what `pulumi preview --policy-pack policy/nixmon` runs. */

type Subject = Pick<PolicyResource, "type" | "name" | "urn" | "props" | "opts">;

interface Pushed {
  connection?: { hostKey?: string };
  name: string;
  data?: HostData;
}

/** What a command of ours is told; undefined for other resources, and while a preview does not know it yet. */
function pushed({ type, props }: Subject): Pushed | undefined {
  if (type !== "command:local:Command") return undefined;
  try {
    if (!/\bpush\.(sh|js)\b/.test(String(props.create))) return undefined;
    const told = JSON.parse(String(props.stdin)) as Pushed;
    return told.connection === undefined ? undefined : told;
  } catch {
    return undefined;
  }
}

function hostKeys(subject: Subject): (string | undefined)[] {
  const told = pushed(subject);
  if (told !== undefined) return [hostKeyProblem(told.name, told.connection?.hostKey)];
  if (!/^command:remote:(Command|CopyToRemote|CopyFile)$/.test(subject.type)) return [];
  const connection = subject.props.connection as { hostKey?: string } | undefined;
  return [hostKeyProblem(subject.name, connection?.hostKey)];
}

function protection({ type, urn, name, opts, props }: Subject): (string | undefined)[] {
  const machine = /^proxmoxve:index\/(vmLegacy|containerLegacy):/.test(type);
  if (!machine || !urn.includes("nixmon:components:MonitoringPrimary$proxmoxve:")) return [];
  return [protectionProblem(name, opts.protect, props.protection === true)];
}

const checks: Record<PolicyName, (subject: Subject) => (string | undefined)[]> = {
  "pinned-host-key": hostKeys,
  "closed-exporters": (subject) => exposed(pushed(subject)?.data),
  "protected-primary": protection,
  "no-plain-secrets": (subject) => plain(pushed(subject)?.data),
};

function exposed(data: HostData | undefined): string[] {
  return data === undefined ? [] : exposureProblems(data);
}

function plain(data: HostData | undefined): string[] {
  return data === undefined ? [] : plainSecrets(data);
}

new PolicyPack("nixmon", {
  policies: (Object.keys(policies) as PolicyName[]).map(
    (name): ResourceValidationPolicy => ({
      name,
      description: policies[name],
      enforcementLevel: "mandatory",
      validateResource: (subject, report: ReportViolation) => {
        for (const problem of checks[name](subject)) if (problem !== undefined) report(problem);
      },
    }),
  ),
});
