import { isIP } from "node:net";
import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ProxmoxApi } from "../cli/proxmox/api";
import type { Make } from "../cli/proxmox/makes";
import type { MachineArgs } from "../components/internal/machine";
import { pushCommand } from "../components/internal/pushCommand";
import type { ProxmoxTokenArgs } from "../components/proxmoxToken";
import { secretKeys } from "../plan/secrets";
import type { HostData } from "../plan/types";
import type { HostValues, MachineValues, StackValues } from "./schema";

/** The stack's Proxmox VE, where machines or tokens are made there. */
export interface Proxmox {
  provider: proxmox.Provider;
  /** Our own login, before the provider's: whatever is wrong with endpoint, certificate or login is then one error, in plain words. */
  login: pulumi.Resource;
  /** For checks; known once the login was accepted. */
  api: pulumi.Output<ProxmoxApi>;
}

/**
 * Undefined where the configuration names none. Nobody logs in where every host exists already and no host watches Proxmox. A login that is
 * not given comes from the environment.
 */
export function proxmoxOf(values: StackValues, hosts: readonly HostData[]): Proxmox | undefined {
  if (values.proxmox === undefined) return undefined;
  const makes = makesOf(values, hosts);
  const { endpoint, insecure, ca, fingerprint, username } = values.proxmox;
  const config = new pulumi.Config();
  const apiToken = config.getSecret("proxmoxApiToken");
  const as = apiToken ? { apiToken } : { username, password: config.getSecret("proxmoxPassword") };
  const given = pulumi.output({ endpoint, insecure, ca, fingerprint, ...as });
  const provider = new proxmox.Provider("proxmox", { endpoint, insecure, ...as });
  if (makes.length === 0) return { provider, login: provider, api: given };
  const login = new command.local.Command("proxmox-login", {
    create: pushCommand("proxmox-login"),
    stdin: given.apply((api) => JSON.stringify({ api, makes })),
    logging: command.local.Logging.Stderr,
    addPreviousOutputInEnv: false,
  });
  return {
    provider,
    login,
    api: pulumi.all([given, login.stdout]).apply(([api]) => api),
  };
}

/** What is made at Proxmox for these hosts, each kind once: machines, and the monitoring token where a host watches it. */
export function makesOf(values: StackValues, hosts: readonly HostData[]): Make[] {
  const watches = hosts.some(({ secrets }) => secrets.some(({ key }) => key === secretKeys.proxmoxTokenSecret));
  return [...madeOf(values.hosts), ...(watches ? (["token"] as const) : [])];
}

/** What the login must be allowed to make for machines, each kind once. */
export function madeOf(hosts: StackValues["hosts"]): Make[] {
  const all = Object.values(hosts).flatMap(({ machine, address, ssh }): (Make | false)[] => {
    if (machine.type === "existing") return [];
    if (machine.type === "lxc") return ["lxc", machine.image !== undefined && "image"];
    const agent = machine.agent === true || typeof address !== "string";
    return [
      "vm",
      machine.template !== undefined && "clone",
      machine.image !== undefined && "image",
      machine.startOrder !== undefined && "startOrder",
      agent && ssh.hostKey === undefined && "agent",
    ];
  });
  return [...new Set(all.filter((make) => make !== false))].sort();
}

/** The monitoring token's arguments, from the stack's configuration. */
export function proxmoxTokenArgs(values: StackValues): ProxmoxTokenArgs {
  const { endpoint, insecure, ca, fingerprint, tokenExpires, realm, tokenName } = values.proxmox ?? {};
  return {
    userId: realm === undefined ? undefined : `monitoring@${realm}`,
    tokenName,
    api: endpoint === undefined ? undefined : { endpoint, insecure, ca, fingerprint },
    expirationDate: tokenExpires,
    rotation: values.rotation.proxmoxToken,
  };
}

/** Gives the volume id of an image, downloading it where that is needed. */
export type Images = (image: Image, node: string, content: "import" | "vztmpl") => pulumi.Output<string>;
type Image = NonNullable<Extract<MachineValues, { type: "vm" }>["image"]>;

/** Proxmox downloads each image once a node, whoever uses it. */
export function downloadedImages(from: Proxmox | undefined): Images {
  const known = new Map<string, proxmox.download.File>();
  return ({ url, sha256, datastore }, node, content) => {
    const fileName = imageName(url, sha256);
    const name = `image-${node}-${datastore}-${fileName}`;
    const file =
      known.get(name) ??
      new proxmox.download.File(
        name,
        {
          nodeName: node,
          datastoreId: datastore,
          contentType: content,
          url,
          fileName,
          checksum: sha256,
          checksumAlgorithm: "sha256",
          // the checksum says what is wanted: whatever the server offers later is something else
          overwrite: false,
        },
        from === undefined ? {} : { provider: from.provider, dependsOn: [from.login] },
      );
    known.set(name, file);
    return file.id;
  };
}

/** `nixos.qcow2` -> `nixos-1a2b3c4d.qcow2`: another content is another file. */
export function imageName(url: string, sha256: string): string {
  const file = new URL(url).pathname.split("/").pop() || "image";
  const [, stem = file, ending = ""] = /^(.*?)((?:\.tar)?\.[a-z0-9]+)$/.exec(file) ?? [];
  return `${stem}-${sha256.slice(0, 8)}${ending}`;
}

/** What the configuration says of a machine, with the cluster's defaults filled in. */
export function machineArgs(
  host: HostValues,
  values: StackValues,
  publicKeys: string[],
  images: Images,
  protect: boolean,
): MachineArgs {
  const { machine } = host;
  if (machine.type === "existing") return { type: "existing" };
  const { memory, disk, dataDisks, image, template, ...rest } = machine;
  const node = rest.node ?? values.proxmox?.node ?? "pve";
  const common = {
    ...rest,
    node,
    prefix: rest.prefix ?? (typeof host.address === "string" && isIP(host.address) === 6 ? 64 : 24),
    memoryMiB: mebibytes(memory),
    diskGiB: gibibytes(disk),
    dataDisks: dataDisks.map(({ size, ...where }) => ({ sizeGiB: gibibytes(size), ...where })),
    publicKeys,
    // what holds data that nothing else holds is not to be lost by a slip
    protect: machine.protect ?? (protect || dataDisks.length > 0),
    discover: typeof host.address === "string" ? undefined : host.address.interface,
  };
  if (rest.type === "lxc") {
    const file = image === undefined ? template : images(image, node, "vztmpl");
    return { ...common, type: "lxc", template: file as pulumi.Input<string> };
  }
  if (image !== undefined) return { ...common, type: "vm", image: images(image, node, "import") };
  return { ...common, type: "vm", template: template as number };
}

function gibibytes(size: string): number {
  return Math.ceil(mebibytes(size) / 1024);
}

const unitMiB: Record<string, number> = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 };

/** `2GiB` -> 2048. The schema has checked the form. */
export function mebibytes(size: string): number {
  return Number.parseInt(size, 10) * (unitMiB[size.slice(-3)] ?? Number.NaN);
}
