import { z } from "zod";
import type { KanidmClient } from "../../plan/kanidm";

/** What `kanidm.js` is told on stdin. */
export interface KanidmInput {
  /** Kanidm's origin, without a slash at the end. */
  url: string;
  /** API token of a service account that may manage OAuth2 clients. Never shown. */
  token: string;
  /** Certificates (PEM) that are trusted beside the public ones. */
  authorities: string[];
  /** `project/stack` that the client belongs to; kept in its description. */
  owner: string;
  /** Another number than the last run's makes another secret. */
  rotation: number;
  client: KanidmClient;
}

/** stdin is not what the subcommand wants. Holds no value: one of them is a token. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const lists = z.record(z.string(), z.array(z.string()));
const schema = z.strictObject({
  url: z.string().regex(/^https:\/\/[^/]+$/),
  token: z.string().regex(/^[\x21-\x7e]+$/),
  authorities: z.array(z.string()),
  owner: z.string().min(1),
  rotation: z.int(),
  client: z.strictObject({
    name: z.string().min(1),
    displayName: z.string().min(1),
    landing: z.url(),
    redirect: z.url(),
    scopeMaps: lists,
    claimMaps: z.record(z.string(), lists),
  }),
});

/** @throws InputError that names every wrong key */
export function readInput(text: string): KanidmInput {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(`stdin is no JSON (${text.length} characters): want the object that the component sends`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`stdin: wrong or missing: ${parsed.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
}
