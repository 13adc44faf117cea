/** An answer other than 200, in the words that Proxmox VE uses: the message is also the HTTP reason phrase. */
export class PveError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors?: Readonly<Record<string, string>>,
  ) {
    super(message);
  }
}

/** 400 with one line per wrong parameter. */
export function badParameters(errors: Record<string, string>): PveError {
  return new PveError(400, "Parameter verification failed.", errors);
}

/** 403, as `PVE::RPCEnvironment` says it. */
export function forbidden(path: string, privileges: readonly string[]): PveError {
  return new PveError(403, `Permission check failed (${path}, ${privileges.join("|")})`);
}
