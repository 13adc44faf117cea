import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readAuthorities } from "../../stacks/authorities";
import { clusterConfig, readStack } from "../../stacks/config";
import { planStack } from "../../stacks/plan";
import { installCleanup } from "../push/reach";
import { type Asked, ask } from "./ask";
import { readFacts } from "./facts";
import { type Diagnosis, diagnose } from "./judge/judge";
import { notDeployed } from "./judge/undeployed";
import { exitCode, printed } from "./print";
import { questionsFor } from "./questions";
import { exportStack } from "./stackExport";
import { type DeployedStack, readDeployed } from "./state";

export interface DoctorRequest {
  stack: string;
  /** Look at this host only; the primary is asked too, for what it knows of it. */
  host?: string | undefined;
  json: boolean;
  /** Colours and other things for a terminal. */
  terminal: boolean;
}

/**
 * Looks at every host of a deployed stack and prints what is wrong.
 * @returns the number of findings, at most 100
 */
export async function doctor(request: DoctorRequest): Promise<number> {
  installCleanup();
  const { stack: name } = request;
  const began = Date.now();
  const stack = readDeployed(name, exportStack(name));
  const asked = await askAll(stack, hostsToAsk(stack, request.host));
  const facts = Object.fromEntries(Object.entries(asked).map(([host, answers]) => [host, readFacts(answers)]));
  const diagnosis = diagnose({ stack, facts, now: new Date() });
  const whole = withConfiguration(diagnosis, stack);
  const shown = request.host === undefined ? whole : about(request.host, whole);
  process.stdout.write(printed(shown, { ...request, seconds: (Date.now() - began) / 1000 }));
  return exitCode(shown);
}

function hostsToAsk(stack: DeployedStack, host: string | undefined): string[] {
  const all = Object.keys(stack.hosts);
  if (host === undefined) return all;
  if (stack.hosts[host] === undefined) {
    throw new Error(`--host: got ${host}, want a host of stack ${stack.stack}: ${all.join(", ")}`);
  }
  return [...new Set([host, ...(stack.primary === undefined ? [] : [stack.primary])])];
}

/** All hosts at once; one that does not answer holds up nobody but itself. */
async function askAll(stack: DeployedStack, names: readonly string[]): Promise<Record<string, Asked>> {
  const nonce = randomBytes(16).toString("hex");
  process.stderr.write(`asking ${names.length === 1 ? "one host" : `${names.length} hosts`} of stack ${stack.stack}\n`);
  const asked = names.map(async (name): Promise<[string, Asked][]> => {
    const host = stack.hosts[name];
    if (host === undefined) return [];
    const answer = await ask(host, questionsFor(host.data, stack, nonce, new Date()));
    process.stderr.write(`${name}: ${"failure" in answer ? "not reached" : "answered"}\n`);
    return [[name, answer]];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

/** What the configuration says and the stack has not deployed. */
function withConfiguration({ results, notes }: Diagnosis, stack: DeployedStack): Diagnosis {
  const readFile = (file: string) => {
    try {
      return readFileSync(resolve(file), "utf8");
    } catch {
      return undefined;
    }
  };
  const values = readStack(stack.stack, readFile);
  const authorities = readAuthorities(stack.stack, values, readFile);
  const plan = planStack(stack.stack, clusterConfig(stack.stack, values, authorities));
  const more = notDeployed(plan.hosts, stack);
  return { results: [...results, ...more.results], notes: [...notes, ...more.notes] };
}

function about(host: string, { results, notes }: Diagnosis): Diagnosis {
  return {
    results: results.filter((result) => result.host === host),
    notes: notes.filter((note) => note.host === host),
  };
}
