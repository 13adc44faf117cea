import * as pulumi from "@pulumi/pulumi";

/** A resource as a component registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What a mocked resource answers, by type; a type that is not listed fails the test. */
export type Answers = Record<string, (registered: Registered) => Record<string, unknown>>;

/** Replaces the engine. Components answer nothing; any call of a provider function fails. */
export async function mockEngine(answers: Answers): Promise<Registered[]> {
  const registered: Registered[] = [];
  // what an earlier test still registers belongs to that test's engine
  await (pulumi.runtime as unknown as { waitForRPCs: () => Promise<void> }).waitForRPCs();
  await pulumi.runtime.setMocks(
    {
      newResource(args) {
        const one = { type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> };
        registered.push(one);
        if (args.type.startsWith("nixmon:components:")) return { id: "", state: {} };
        const answer = answers[args.type];
        if (answer === undefined) throw new Error(`Mock resource not implemented: ${args.type} (${args.name})`);
        return { id: args.name, state: { ...one.inputs, ...answer(one) } };
      },
      call(args) {
        throw new Error(`Mock call not implemented: ${args.token}`);
      },
    },
    "nixmon",
    "test",
    false,
  );
  return registered;
}

/** The value of an output. */
export function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((done) => output.apply((value) => done(value as T)));
}

/** The options that a component gives its children, by name: mocks see inputs alone. Pass `transformations` to the component. */
export function optionsSeen() {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const transformations: pulumi.ResourceTransformation[] = [
    (child) => {
      options[child.name] = child.opts;
      return undefined;
    },
  ];
  return { options, transformations };
}
