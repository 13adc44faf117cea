import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** 48 letters and digits, as the seed asks; another rotation number makes another one. */
export function password(
  name: string,
  rotation: number,
  opts: pulumi.CustomResourceOptions = {},
): pulumi.Output<string> {
  const args = { length: 48, special: false, keepers: { rotation: String(rotation) } };
  return new random.RandomPassword(name, args, opts).result;
}
