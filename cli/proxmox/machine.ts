/** What a machine needs of a Proxmox cluster, compared with what is there. Pure; `facts.ts` asks. */

export interface WantedMachine {
  host: string;
  type: "vm" | "lxc";
  node: string;
  /** VM id of a VM's template; undefined where its disk is imported. */
  template?: number | undefined;
  /** Volume id of a container's template. */
  templateFile?: string | undefined;
  /** GiB of the root disk. */
  diskGiB: number;
  /** Where a VM's root disk is attached, such as `scsi0`; undefined: where the template has its only disk. */
  rootDisk?: string | undefined;
  /** Datastores that get its disks. */
  datastores: string[];
  bridge: string;
  pool?: string | undefined;
  vmId?: number | undefined;
  /** Its fixed address. */
  address?: string | undefined;
}

/** What the API says. `undefined`: this login may not see it, so it is not judged. */
export interface ProxmoxFacts {
  nodes: { node: string; status: string }[];
  guests: { vmid: number; name?: string | undefined; node: string; type: string; template?: number | undefined }[];
  /** Of the wanted node. */
  storages: { storage: string; content: string }[] | undefined;
  bridges: string[] | undefined;
  pools: string[] | undefined;
  /** Container templates in the datastore that the wanted one names. */
  templates: string[] | undefined;
  /** The VM template's disks: GiB by where they are attached. */
  templateDisks: Readonly<Record<string, number>> | undefined;
  /** Whether the wanted VM id is taken, by whomever. */
  vmIdTaken: boolean;
  /** Whether something answers at the wanted address. */
  addressAnswers: boolean;
}

export interface MachineProblem {
  key: string;
  got: string;
  want: string;
}

/** Every reason why the machine cannot be made, or would not be what was asked for. */
export function machineProblems(wanted: WantedMachine, facts: ProxmoxFacts): MachineProblem[] {
  const node = facts.nodes.find((one) => one.node === wanted.node);
  if (node === undefined) {
    return [
      { key: "node", got: wanted.node, want: `a node of this cluster: ${listed(facts.nodes.map((one) => one.node))}` },
    ];
  }
  if (node.status !== "online")
    return [{ key: "node", got: `${wanted.node}, which is ${node.status}`, want: "a node that is online" }];
  return [
    ...templateProblems(wanted, facts),
    ...datastoreProblems(wanted, facts),
    ...memberProblems("bridge", wanted.bridge, facts.bridges, `on ${wanted.node}`),
    ...memberProblems("pool", wanted.pool, facts.pools, "in this cluster"),
    ...identityProblems(wanted, facts),
  ];
}

function templateProblems(wanted: WantedMachine, facts: ProxmoxFacts): MachineProblem[] {
  const { template, templateFile } = wanted;
  if (templateFile !== undefined) {
    if (facts.templates === undefined || facts.templates.includes(templateFile)) return [];
    const want = `a container template that is on ${wanted.node}: ${listed(facts.templates)}; docs/machines.md says how to upload one`;
    return [{ key: "template", got: templateFile, want }];
  }
  if (template === undefined) return [];
  const templates = facts.guests.filter((guest) => guest.type === "qemu" && guest.template === 1);
  const known = listed(
    templates.filter(({ node }) => node === wanted.node).map(({ vmid, name }) => `${vmid} (${name})`),
  );
  const found = facts.guests.find(({ vmid }) => vmid === template);
  const problem = (got: string, want: string) => [{ key: "template", got: `${template}${got}`, want }];
  if (found === undefined)
    return problem(", which is not there or not visible to this login", `a VM template on ${wanted.node}: ${known}`);
  if (found.type !== "qemu") return problem(", which is a container", `a VM template on ${wanted.node}: ${known}`);
  if (found.template !== 1)
    return problem(
      ` (${found.name}), which is a VM and no template`,
      `a VM template: qm template ${template} makes it one`,
    );
  if (found.node !== wanted.node)
    return problem(`, which is on ${found.node}`, `one on ${wanted.node}: ${known}; or node: ${found.node}`);
  return diskProblems(wanted, facts.templateDisks);
}

/** Where a VM's root disk is attached if nobody says so and no template shows it. */
export const usualRootDisk = "scsi0";

/** Where the VM's root disk will be; undefined where only the person who made the template can tell. */
export function rootDiskOf({ rootDisk }: WantedMachine, disks: ProxmoxFacts["templateDisks"]): string | undefined {
  if (rootDisk !== undefined || disks === undefined) return rootDisk ?? usualRootDisk;
  const [only, ...more] = Object.keys(disks);
  if (more.length === 0) return only;
  return usualRootDisk in disks ? usualRootDisk : undefined;
}

function diskProblems(wanted: WantedMachine, disks: ProxmoxFacts["templateDisks"]): MachineProblem[] {
  if (disks === undefined) return [];
  const { diskGiB } = wanted;
  const rootDisk = rootDiskOf(wanted, disks);
  const size = disks[rootDisk ?? ""];
  if (size === undefined) {
    const want = `where the template's disk is: ${listed(Object.keys(disks))}; else the machine would get an empty disk beside it`;
    return [{ key: "rootDisk", got: rootDisk ?? "nothing", want }];
  }
  if (size <= diskGiB) return [];
  return [
    {
      key: "disk",
      got: `${diskGiB}GiB`,
      want: `at least ${size}GiB, the size of the template's disk: a disk can not shrink`,
    },
  ];
}

function datastoreProblems({ node, type, datastores }: WantedMachine, { storages }: ProxmoxFacts): MachineProblem[] {
  if (storages === undefined) return [];
  const content = type === "vm" ? "images" : "rootdir";
  const fit = storages.filter((one) => one.content.split(",").includes(content)).map((one) => one.storage);
  return [...new Set(datastores)]
    .filter((datastore) => !fit.includes(datastore))
    .map((datastore) => {
      const there = storages.some(({ storage }) => storage === datastore);
      const got = there ? `${datastore}, which takes no ${type === "vm" ? "disk images" : "containers"}` : datastore;
      return { key: "datastore", got, want: `one on ${node} with content ${content}: ${listed(fit)}` };
    });
}

function memberProblems(
  key: string,
  wanted: string | undefined,
  there: string[] | undefined,
  where: string,
): MachineProblem[] {
  if (wanted === undefined || there === undefined || there.includes(wanted)) return [];
  return [{ key, got: wanted, want: `a ${key} ${where}: ${listed(there)}` }];
}

function identityProblems({ host, vmId, address }: WantedMachine, facts: ProxmoxFacts): MachineProblem[] {
  const own = facts.guests.some((guest) => guest.name === host);
  const problems: MachineProblem[] = [];
  if (vmId !== undefined && facts.vmIdTaken) {
    const holder = facts.guests.find((guest) => guest.vmid === vmId);
    // A guest of this name is this machine: made by a run that was cut short, or to be imported.
    if (holder?.name !== host) {
      const who =
        holder === undefined
          ? "a guest that this login may not see"
          : `${holder.name ?? "a guest without name"} on ${holder.node}`;
      problems.push({
        key: "vmId",
        got: `${vmId}, which ${who} has`,
        want: "a free id, or none so that Proxmox picks one",
      });
    }
  }
  if (address !== undefined && facts.addressAnswers && !own) {
    const got = `${address}, where another machine answers SSH`;
    problems.push({ key: "address", got, want: "a free address, or machine: { type: existing } if that is this host" });
  }
  return problems;
}

function listed(names: string[]): string {
  return names.length === 0 ? "there is none" : names.slice(0, 20).join(", ");
}

/** One message with all of them. */
export function machineMessage(host: string, problems: readonly MachineProblem[]): string {
  const lines = problems.map(({ key, got, want }) => `  ${key}: got ${got}, want ${want}`);
  return `${host}: the machine can not be made as configured; nothing was changed:\n${lines.join("\n")}`;
}
