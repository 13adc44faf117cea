import type { Level } from "../../policy/levels";
import { exposureProblems, hostKeyProblem, type PolicyName, plainSecrets, protectionProblem } from "../../policy/rules";
import type { Description } from "./describe";

export interface Violation {
  policy: PolicyName;
  level: Exclude<Level, "disabled">;
  message: string;
}

/** Asks the rules of the policy pack about a plan, before there is any resource. */
export function guard(description: Description, levels: Record<PolicyName, Level>): Violation[] {
  const found: Violation[] = [];
  const report = (policy: PolicyName, messages: (string | undefined)[]): void => {
    const level = levels[policy];
    if (level === "disabled") return;
    for (const message of messages) if (message !== undefined) found.push({ policy, level, message });
  };
  for (const [name, { data, machine, hostKey }] of Object.entries(description.hosts)) {
    // a machine that is made here has its key learned at its birth, and pinned from then on
    if (machine.type === "existing" || hostKey !== undefined)
      report("pinned-host-key", [hostKeyProblem(name, hostKey)]);
    report("closed-exporters", exposureProblems(data));
    if (name === description.primary && machine.type !== "existing") {
      const kept = machine.protect ?? true;
      report("protected-primary", [protectionProblem(name, kept, kept)]);
    }
    report("no-plain-secrets", plainSecrets(data));
  }
  return found;
}
