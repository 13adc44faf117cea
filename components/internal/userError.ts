import * as pulumi from "@pulumi/pulumi";

/**
 * A mistake of the user's: the engine prints the message alone. It carries no stack, because the SDK formats even what it does not
 * print, and Node 20 takes 15 s to format a stack with the SDK's own frames (`markNodeModules` in `util.inspect` loops on them).
 */
export function userError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = "";
  return error;
}
