/** What the deploying login must be allowed to do, by what a stack makes. Pure; `verbs.ts` asks. */

const kinds = ["vm", "clone", "lxc", "image", "startOrder", "agent", "token"] as const;
export type Make = (typeof kinds)[number];
export const isMake = (word: unknown): word is Make => (kinds as readonly unknown[]).includes(word);

/** `GET /access/permissions`: path -> privilege -> whether it holds below the path, too. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

interface Grant {
  privilege: string;
  /** Held there, above it with propagation, or on anything below it. */
  path: string;
}
type Way = readonly Grant[];

const on = (path: string, ...privileges: string[]): Way => privileges.map((privilege) => ({ privilege, path }));

const machine: Way = [
  ...on("/vms", "VM.Allocate", "VM.Audit", "VM.PowerMgmt"),
  ...on("/vms", ...["CPU", "Disk", "Memory", "Network", "Options"].map((part) => `VM.Config.${part}`)),
  ...on("/storage", "Datastore.AllocateSpace"),
  ...on("/sdn", "SDN.Use"),
];

/** As Proxmox VE's own API demands them; where it has several ways, or 8 and 9 differ, one of them will do. */
const needs: Readonly<Record<Make, { to: string; ways: readonly Way[] }[]>> = {
  vm: [{ to: "make virtual machines", ways: [[...machine, ...on("/vms", "VM.Config.Cloudinit")]] }],
  clone: [{ to: "clone templates", ways: [on("/vms", "VM.Clone")] }],
  lxc: [{ to: "make containers", ways: [machine] }],
  image: [
    { to: "keep images", ways: [on("/storage", "Datastore.AllocateTemplate")] },
    {
      to: "download images",
      ways: [on("/nodes", "Sys.AccessNetwork"), on("/", "Sys.Audit", "Sys.Modify")],
    },
  ],
  startOrder: [{ to: "set a virtual machine's startOrder", ways: [on("/", "Sys.Modify")] }],
  agent: [
    {
      to: "read SSH host keys through the guest agent",
      ways: [
        // the provider asks for its addresses, too
        on("/vms", "VM.GuestAgent.Audit", "VM.GuestAgent.FileRead"),
        on("/vms", "VM.GuestAgent.Unrestricted"),
        // Proxmox VE 8
        on("/vms", "VM.Monitor"),
      ],
    },
  ],
  token: [
    {
      to: "make the monitoring user and its token",
      ways: [
        [
          ...on("/access/groups", "User.Modify"),
          ...on("/access/realm", "Realm.AllocateUser"),
          ...on("/", "Permissions.Modify"),
        ],
      ],
    },
  ],
};

/** A line for each thing that the login may not do; it is not judged too hard: a right on one of several datastores counts. */
export function missingRights(makes: readonly Make[], held: Permissions): string[] {
  return makes.flatMap((make) =>
    needs[make].flatMap(({ to, ways }) => {
      const missing = ways.map((way) => way.filter((grant) => !holds(held, grant)));
      if (missing.some((grants) => grants.length === 0)) return [];
      return [`to ${to}: ${missing.map(shown).join(", or ")}`];
    }),
  );
}

function holds(held: Permissions, { privilege, path }: Grant): boolean {
  // a machine's rights may come from its pool
  const places = path === "/vms" ? [path, "/pool"] : [path];
  return Object.entries(held).some(([at, privileges]) => {
    const propagates = privileges[privilege];
    if (propagates === undefined) return false;
    if (places.some((place) => at === place || at.startsWith(`${place}/`))) return true;
    return Number(propagates) === 1 && places.some((place) => at === "/" || place.startsWith(`${at}/`));
  });
}

/** `VM.Allocate, VM.Clone on /vms; SDN.Use on /sdn` */
function shown(grants: Way): string {
  const paths = [...new Set(grants.map(({ path }) => path))];
  const listed = (at: string) => grants.flatMap(({ privilege, path }) => (path === at ? [privilege] : [])).join(", ");
  return paths.map((path) => `${listed(path)} on ${path}`).join("; ");
}

/** One message with all of them. */
export function rightsMessage(endpoint: string, who: string, missing: readonly string[]): string {
  const lines = missing.map((line) => `  ${line}`);
  return (
    `Proxmox API ${endpoint}: the login of ${who} may not do all that this stack makes; nothing was changed. It lacks\n${lines.join("\n")}\n` +
    "Grant that to the user and, if it is a token with privilege separation, to the token too " +
    "(pveum acl modify PATH --users USER --tokens TOKEN --roles ROLE; docs/machines.md names the roles)"
  );
}
