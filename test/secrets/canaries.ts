import { randomBytes } from "node:crypto";

/** A value that must be nowhere but in its own place. */
export interface Canary {
  /** What it is: `nextcloudTalkPassword`, `random grafana-secret-key`. */
  kind: string;
  /** The part that is looked for; letters and digits or a UUID, long enough that no other text holds it by chance. */
  value: string;
}

/** A value for a secret that a user gives. */
export function marker(): string {
  return `marker${randomBytes(12).toString("hex")}`;
}

/** How a value may look when a program passes it on: as it is, in hex, and in base64 at each of the three places it can begin. */
export function forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // the first and last characters also depend on what stands beside the value
    return text.slice(before === 0 ? 0 : before + 1, -2);
  });
  return [value, bytes.toString("hex"), ...base64];
}

/** The kinds of canaries that stand in a text. */
export function found(text: string, canaries: readonly Canary[]): string[] {
  return canaries.filter(({ value }) => forms(value).some((form) => text.includes(form))).map(({ kind }) => kind);
}
