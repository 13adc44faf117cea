import * as pulumi from "@pulumi/pulumi";
import { clusterStack } from "./stacks/cluster";
import { parseStack, valuesFromEngine } from "./stacks/config";
import { fleetStack } from "./stacks/fleet";

/** Picks the stack's program and exports its outputs. */
export = async () => {
  const stack = pulumi.getStack();
  const values = parseStack(stack, valuesFromEngine(pulumi.runtime.allConfig()));
  return values.program === "fleet" ? fleetStack(stack, values) : clusterStack(stack, values);
};
