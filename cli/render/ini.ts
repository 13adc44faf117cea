import type { Json, JsonObject } from "../../plan/types";

/**
 * grafana.ini from its sections, in the form that NixOS writes it.
 * @throws Error for what the format cannot hold: nested values and line breaks
 */
export function ini(sections: JsonObject): string {
  return Object.entries(sections)
    .map(([name, section]) => {
      if (section === null || typeof section !== "object" || Array.isArray(section))
        throw unfit(name, section, "a section of keys and values");
      const lines = Object.entries(section).map(([key, value]) => `${key} = ${iniValue(`${name}.${key}`, value)}`);
      return [`[${name}]`, ...lines, ""].join("\n");
    })
    .join("\n");
}

function iniValue(key: string, value: Json): string {
  if (typeof value === "object") throw unfit(key, value, "a text, a number, true or false");
  const text = String(value);
  if (/[\r\n]/.test(text)) throw unfit(key, value, "one line");
  // go-ini drops spaces at the ends, takes # and ; for the start of a comment, and quotes and backticks for a wrapping of the value
  if (!/^\s|\s$|[#;]|^["'`]|\\$/.test(text)) return text;
  if (!text.includes("`")) return `\`${text}\``;
  if (!text.includes('"""')) return `"""${text}"""`;
  throw unfit(key, value, "no mixture of backticks and three double quotes");
}

function unfit(key: string, value: Json, want: string): Error {
  return new Error(`grafana.ini ${key}: got ${JSON.stringify(value)}, want ${want}`);
}
