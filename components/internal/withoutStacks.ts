/**
 * `new Kind(...args)`, while errors take no stack. The SDK formats, source maps included, where it made each promise of a resource (70 of a
 * command, 250 of a virtual machine), for nobody but PULUMI_DEBUG_PROMISE_LEAKS; that was a fifth of the program's time. The way to where the
 * resource was made is in the state all the same: for that the SDK sets a limit of its own.
 */
export function withoutStacks<Args extends unknown[], Made>(
  Kind: new (...args: Args) => Made,
  ...args: NoInfer<Args>
): Made {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new Kind(...args);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
