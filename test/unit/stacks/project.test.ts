import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { load } from "js-yaml";
import { stackSchema } from "../../../stacks/schema";

interface Project {
  config: Record<string, { type: string; description: string; default?: unknown }>;
}

const project = load(readFileSync(resolve(__dirname, "../../../Pulumi.yaml"), "utf8")) as Project;
/** A key that is declared without default is required, so these cannot be declared; the schema knows them. */
const optionalWithoutDefault = ["proxmox", "primaryAddress", "runbooks"];

test("Pulumi.yaml declares each key of the schema with type and description", () => {
  const wanted = Object.keys(stackSchema.shape).filter((key) => !optionalWithoutDefault.includes(key));
  expect(Object.keys(project.config).sort()).toEqual(wanted.sort());
  for (const declared of Object.values(project.config)) expect(declared.description).toMatch(/\w{4}/);
});

test.each(Object.entries(project.config).filter(([, declared]) => declared.default !== undefined))(
  "the default of %s is the schema's own",
  (key, declared) => {
    const shape: Record<string, { safeParse(value: unknown): { success: boolean; data?: unknown } }> =
      stackSchema.shape;
    expect(shape[key]?.safeParse(undefined).data).toEqual(shape[key]?.safeParse(declared.default).data);
  },
);
