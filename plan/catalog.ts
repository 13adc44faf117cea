import rows from "../modules/nixos/server/monitoring/exporters/catalog.json";
import type { CatalogRow } from "./types";

/** The table of everything that is scraped; NixOS reads the same file. */
export const catalog = rows as readonly CatalogRow[];

/** The rows that have an option `server.monitoring.exporters.<name>`; the others are the collectors' own services. */
export const exporterRows: readonly CatalogRow[] = catalog.filter((row) => row.kind === "exporter");

const byName = new Map(catalog.map((row) => [row.name, row]));

export function findRow(name: string): CatalogRow | undefined {
  return byName.get(name);
}

/**
 * A row that the program itself relies on.
 * @throws Error when the catalog lacks it
 */
export function requireRow(name: string): CatalogRow {
  const row = byName.get(name);
  if (row === undefined)
    throw new Error(`exporters/catalog.json: no row ${name}, found ${[...byName.keys()].join(", ")}; add it`);
  return row;
}
