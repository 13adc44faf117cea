import { z } from "zod";

/** A resource of an exported state; what is not named here is carried along untouched. */
const resourceShape = z.looseObject({
  urn: z.string(),
  type: z.string(),
  external: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.array(z.string()).optional(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).optional(),
  deletedWith: z.string().optional(),
  replaceWith: z.array(z.string()).optional(),
});
const stateShape = z.looseObject({
  deployment: z.looseObject({ resources: z.array(resourceShape).nullish() }),
});
export type Resource = z.output<typeof resourceShape>;
export type State = z.output<typeof stateShape>;

/** Something of the stack's that is at Proxmox, or was. */
export type Thing =
  | { kind: "user"; userId: string }
  | { kind: "token"; userId: string; tokenName: string }
  /** `subject` is a user or `user!token`. */
  | { kind: "acl"; path: string; roleId: string; subject: string }
  | { kind: "vm" | "lxc"; node: string; vmId: number; name: string; macs: string[] };

/** @throws Error where that is no state of the engine's */
export function readState(exported: string): State {
  return stateShape.parse(JSON.parse(exported));
}

export function resourcesOf(state: State): Resource[] {
  return state.deployment.resources ?? [];
}

/** What the resource is called that proves the login, in each stack that has something at Proxmox. */
export const loginName = "::proxmox-login";

/** The login that the stack last proved: stdin of its `proxmox-login`, wrapped where it holds a secret. */
export function loginStdin(state: State): unknown {
  return resourcesOf(state).find(({ urn }) => urn.endsWith(loginName))?.inputs?.stdin;
}

const text = z.string();
const cards = z.array(z.looseObject({ macAddress: z.string().optional() })).default([]);
const shapes = {
  "proxmoxve:index/userLegacy:UserLegacy": z
    .looseObject({ userId: text })
    .transform(({ userId }): Thing => ({ kind: "user", userId })),
  "proxmoxve:user/token:Token": z
    .looseObject({ userId: text, tokenName: text })
    .transform(({ userId, tokenName }): Thing => ({ kind: "token", userId, tokenName })),
  "proxmoxve:index/acl:Acl": z
    .looseObject({ path: text, roleId: text, userId: text.optional(), tokenId: text.optional() })
    .transform(({ path, roleId, userId, tokenId }): Thing => {
      return { kind: "acl", path, roleId, subject: tokenId || userId || "" };
    }),
  "proxmoxve:index/vmLegacy:VmLegacy": z
    .looseObject({ nodeName: text, vmId: z.number(), name: text.default(""), networkDevices: cards })
    .transform(({ nodeName, vmId, name, networkDevices }): Thing => {
      return { kind: "vm", node: nodeName, vmId, name, macs: macsOf(networkDevices) };
    }),
  "proxmoxve:index/containerLegacy:ContainerLegacy": z
    .looseObject({
      nodeName: text,
      vmId: z.number(),
      initialization: z.looseObject({ hostname: text.default("") }).optional(),
      networkInterfaces: cards,
    })
    .transform(({ nodeName, vmId, initialization, networkInterfaces }): Thing => {
      return {
        kind: "lxc",
        node: nodeName,
        vmId,
        name: initialization?.hostname ?? "",
        macs: macsOf(networkInterfaces),
      };
    }),
};

function macsOf(devices: z.output<typeof cards>): string[] {
  return devices.flatMap(({ macAddress }) => (macAddress ? [macAddress] : []));
}

/** What a resource stands for at Proxmox; undefined for all others, and for what the stack only looks at. */
export function thingOf({ type, external, outputs }: Resource): Thing | undefined {
  const shape = shapes[type as keyof typeof shapes];
  return shape === undefined || external === true ? undefined : shape.safeParse(outputs).data;
}

/**
 * The state without resources that are no more, and without those that would have been deleted with them. What depends on one stays, so
 * that it is brought up to date with the new one, or removed from its host, as after any other change.
 */
export function without(state: State, gone: ReadonlySet<Resource>): State {
  const resources = resourcesOf(state);
  const all = new Set(gone);
  // a machine and its successor have the same URN
  const left = (urn: string | undefined) => resources.some((each) => each.urn === urn && !all.has(each));
  const lost = new Set<string>();
  const note = ({ urn }: Resource) => (left(urn) ? undefined : lost.add(urn));
  all.forEach(note);
  // a state lists each resource after those it refers to
  for (const each of resources) {
    if (each.deletedWith === undefined || !lost.has(each.deletedWith) || all.has(each)) continue;
    all.add(each);
    note(each);
  }
  const known = (urns: readonly string[]) => urns.filter((urn) => !lost.has(urn));
  const kept = resources
    .filter((each) => !all.has(each))
    .map(({ dependencies, propertyDependencies, replaceWith, ...each }) => ({
      ...each,
      ...(dependencies && { dependencies: known(dependencies) }),
      ...(replaceWith && { replaceWith: known(replaceWith) }),
      ...(propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies).map(([name, urns]) => [name, urns && known(urns)]),
        ),
      }),
    }));
  return { ...state, deployment: { ...state.deployment, resources: kept } };
}
