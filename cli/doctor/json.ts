import type { z } from "zod";

/** Undefined for what is not JSON of that shape: an answer that was cut short, or a service that says something else. */
export function parseJson<T>(text: string, shape: z.ZodType<T>): T | undefined {
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
