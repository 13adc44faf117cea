import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

/** An option of our NixOS modules. */
export interface NixOption {
  name: string;
  type: string;
  /** As Nix writes it, or in words where it is computed; null: none, a value must be given. */
  default: string | null;
  description: string;
}

/**
 * Evaluates the modules with the sandbox's own `lib`, which gives the same answer on every machine.
 * @throws Error when Nix is not there, or the modules do not evaluate
 */
export function nixOptions(root: string): NixOption[] {
  const words = ["--eval", "--strict", "--json", resolve(root, "cli/docs/options.nix")];
  try {
    const options = {
      encoding: "utf8",
      env: { ...process.env, NIXPKGS_LIB: "" },
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    return JSON.parse(execFileSync("nix-instantiate", words, options)) as NixOption[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new Error("nix-instantiate not found: the options of the modules are asked of Nix. Run `make tools`");
    throw error;
  }
}
