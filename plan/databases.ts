import type { HostConfig, Problem } from "./types";

/** Anything that is a name for PostgreSQL, where it has 63 bytes, and needs no quotes in the SQL and shell that NixOS makes of it. */
export function isDatabaseName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/.test(text);
}

/** NixOS makes the unit and the user `redis-<name>`, which may have 31 characters; the instance without name is `redis`. */
export function isRedisName(text: string): boolean {
  return text === "" || /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,24}$/.test(text);
}

export const databaseNameForm = "a name of letters, digits, _, - and ., at most 63";
export const redisNameForm = 'a name of letters, digits, _, - and ., at most 25, or "" for the instance without one';

/** Names that the host's own NixOS configuration cannot have. */
export function databaseProblems({ name, postgresDatabases, redisInstances }: HostConfig): Problem[] {
  const databases = postgresDatabases.map((database, index) => ({
    key: `hosts.${name}.postgresDatabases[${index}]`,
    got: JSON.stringify(database),
    want: databaseNameForm,
  }));
  const instances = Object.keys(redisInstances).filter((instance) => !isRedisName(instance));
  return [
    ...databases.filter((_, index) => !isDatabaseName(postgresDatabases[index] ?? "")),
    ...instances.map((instance) => ({
      key: `hosts.${name}.redisInstances.${instance}`,
      got: JSON.stringify(instance),
      want: redisNameForm,
    })),
  ];
}
