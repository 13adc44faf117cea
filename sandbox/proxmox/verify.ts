import { badParameters } from "./errors";

/**
 * What a route accepts: name -> type, with "!" behind the type for what must be given. A key that ends in "[n]" stands for
 * name0, name1, ... Types: string, int, num, bool, vmid, userid, tokenid, name (DNS name), id (node, storage, pool, role), path.
 */
export type Schema = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, string>>;

const INDEXED = /^(.*?)(\d+)$/;
const FORMATS: Readonly<Record<string, { pattern: RegExp; complaint: (value: string) => string }>> = {
  string: { pattern: /^[\s\S]*$/, complaint: () => "" },
  int: { pattern: /^-?\d+$/, complaint: (v) => `type check ('integer') failed - got '${v}'` },
  num: { pattern: /^-?\d+(\.\d+)?$/, complaint: (v) => `type check ('number') failed - got '${v}'` },
  bool: {
    pattern: /^(0|1|yes|no|on|off|true|false)$/i,
    complaint: (v) => `type check ('boolean') failed - got '${v}'`,
  },
  vmid: { pattern: /^[1-9]\d{2,8}$/, complaint: () => "invalid format - value does not look like a valid VM ID\n" },
  userid: {
    pattern: /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/,
    complaint: (v) => `invalid format - value '${v}' does not look like a valid user name\n`,
  },
  tokenid: { pattern: /^[A-Za-z][A-Za-z0-9.\-_]+$/, complaint: () => "value does not match the regex pattern" },
  name: {
    pattern: /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/,
    complaint: () => "invalid format - value does not look like a valid DNS name\n",
  },
  id: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9.\-_]*$/,
    complaint: (v) => `invalid format - invalid configuration ID '${v}'\n`,
  },
  path: { pattern: /^\/([A-Za-z0-9.\-_]+(\/[A-Za-z0-9.\-_]+)*)?$/, complaint: (v) => `invalid ACL path '${v}'` },
};

function ruleFor(schema: Schema, name: string): string | undefined {
  const exact = schema[name];
  if (exact !== undefined) return exact;
  const indexed = INDEXED.exec(name);
  return indexed ? schema[`${indexed[1]}[n]`] : undefined;
}

/** Throws 400 with all complaints at once when the parameters do not fit, as Proxmox VE does before it looks at anything. */
export function verify(schema: Schema, params: Params): void {
  const errors: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    const rule = ruleFor(schema, name);
    if (rule === undefined) {
      errors[name] = "property is not defined in schema and the schema does not allow additional properties";
      continue;
    }
    const format = FORMATS[rule.replace("!", "")];
    if (format === undefined) throw new Error(`schema of ${name}: unknown type ${rule}`);
    if (!format.pattern.test(value)) errors[name] = format.complaint(value);
  }
  for (const [name, rule] of Object.entries(schema)) {
    if (rule.endsWith("!") && params[name] === undefined) errors[name] = "property is missing and it is not optional";
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|yes|on|true)$/i.test(value);
}

export function list(value: string | undefined): string[] {
  return (value ?? "").split(/[,; ]+/).filter((entry) => entry !== "");
}

/** A disk's options with the volume first and without its key, wherever it was: "mp=/a,volume=local:5" -> "local:5,mp=/a". */
export function volumeFirst(value: string): string {
  const parts = value.split(",");
  const at = parts.findIndex((part) => /^(file|volume)=/.test(part));
  if (at < 0) return value;
  const volume = parts[at]?.replace(/^(file|volume)=/, "") ?? "";
  return [volume, ...parts.filter((_, place) => place !== at)].join(",");
}

/** "virtio=AA:BB,bridge=vmbr0" -> its parts; a first part without "=" gets the key "". */
export function properties(value: string): Record<string, string> {
  return Object.fromEntries(
    value.split(",").map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? ["", part] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}
