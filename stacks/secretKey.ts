import type * as pulumi from "@pulumi/pulumi";
import { password } from "./password";

/**
 * Grafana's secret key, in one of two places by turns: the engine does not replace what it protects, so each rotation makes the key of the
 * other place. From then on that one is protected and the old one is not; the next rotation replaces it. So the engine itself refuses, at the
 * latest in its preview, what would lose the key in use: a number that is not the next one, or that is taken away.
 * @param number the rotation number; 1 where there was no rotation
 * @param keep whether the key has to outlive the stack
 */
export function grafanaSecretKey(number: number, keep: boolean): pulumi.Output<string> {
  const odd = "grafana-secret-key";
  const even = `${odd}-even`;
  const [now, before] = number % 2 === 0 ? [even, odd] : [odd, even];
  // nothing but its rotation number may replace it
  const fixed = ["length", "special"];
  if (number !== 1) password(before, number - 1, { ignoreChanges: [...fixed, "keepers"] });
  return password(now, number, { protect: keep, ignoreChanges: fixed });
}
