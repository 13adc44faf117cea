import * as pulumi from "@pulumi/pulumi";
import { userError } from "./components/internal/userError";
import { clusterStack } from "./stacks/cluster";
import { parseStack, valuesFromEngine } from "./stacks/config";
import { fleetStack } from "./stacks/fleet";
import { ConfigError } from "./stacks/problems";

/** Picks the stack's program and exports its outputs. */
export = async () => {
  const stack = pulumi.getStack();
  try {
    const values = parseStack(stack, valuesFromEngine(stack, pulumi.runtime.allConfig()));
    return await (values.program === "fleet" ? fleetStack : clusterStack)(stack, values);
  } catch (error) {
    // a user's mistake needs no stack trace
    throw error instanceof ConfigError ? userError(error.message) : error;
  }
};
