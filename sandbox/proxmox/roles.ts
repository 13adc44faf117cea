/** Proxmox VE 9 has other privileges for guest agents and for the QEMU monitor than 8, and one for replication. */
export type Version = 8 | 9;

/** What `GET /version` answers. */
export const RELEASES: Readonly<Record<Version, { version: string; release: string; repoid: string }>> = {
  8: { version: "8.4.1", release: "8.4", repoid: "simulated" },
  9: { version: "9.0.11", release: "9.0", repoid: "simulated" },
};

const AUDIT = ["Datastore.Audit", "Mapping.Audit", "Pool.Audit", "SDN.Audit", "Sys.Audit"];
const VM_AUDIT = { 8: ["VM.Audit"], 9: ["VM.Audit", "VM.GuestAgent.Audit"] };
const VM_USE = ["VM.Backup", "VM.Config.CDROM", "VM.Config.Cloudinit", "VM.Console", "VM.PowerMgmt"];
const AGENT_FILES = ["VM.GuestAgent.FileRead", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.FileWrite"];
const VM_USER = { 8: [...VM_AUDIT[8], ...VM_USE], 9: [...VM_AUDIT[9], ...VM_USE, ...AGENT_FILES] };
const VM_CHANGE = [
  "VM.Allocate",
  "VM.Clone",
  "VM.Config.CPU",
  "VM.Config.Disk",
  "VM.Config.HWType",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
  "VM.Migrate",
  "VM.Snapshot",
  "VM.Snapshot.Rollback",
];
const VM = {
  8: [...VM_USER[8], ...VM_CHANGE, "VM.Monitor"],
  9: [...VM_USER[9], ...VM_CHANGE, "VM.GuestAgent.Unrestricted", "VM.Replicate"],
};
const DATASTORE = ["Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.AllocateTemplate", "Datastore.Audit"];
const REST = [
  "Group.Allocate",
  "Mapping.Audit",
  "Mapping.Modify",
  "Mapping.Use",
  "Permissions.Modify",
  "Pool.Allocate",
  "Pool.Audit",
  "Realm.Allocate",
  "Realm.AllocateUser",
  "SDN.Allocate",
  "SDN.Audit",
  "SDN.Use",
  "Sys.AccessNetwork",
  "Sys.Audit",
  "Sys.Console",
  "Sys.Incoming",
  "Sys.Modify",
  "Sys.PowerMgmt",
  "Sys.Syslog",
  "User.Modify",
];

const ALL: Readonly<Record<Version, readonly string[]>> = {
  8: [...VM[8], ...DATASTORE, ...REST].sort(),
  9: [...VM[9], ...DATASTORE, ...REST].sort(),
};

/** Every privilege there is. */
export const privilegesOf = (version: Version): readonly string[] => ALL[version];

/** Roles that Proxmox VE brings along (the ones in use for automation and monitoring). */
export const builtinRoles = (version: Version): Readonly<Record<string, readonly string[]>> => BUILTIN[version];

const rolesOf = (version: Version): Readonly<Record<string, readonly string[]>> => ({
  Administrator: ALL[version],
  NoAccess: [],
  PVEAdmin: ALL[version].filter(
    (p) => !["Permissions.Modify", "Sys.Modify", "Sys.PowerMgmt", "Realm.Allocate"].includes(p),
  ),
  PVEAuditor: [...AUDIT, ...VM_AUDIT[version]],
  PVEDatastoreAdmin: DATASTORE,
  PVEDatastoreUser: ["Datastore.AllocateSpace", "Datastore.Audit"],
  PVEPoolAdmin: ["Pool.Allocate", "Pool.Audit"],
  PVEPoolUser: ["Pool.Audit"],
  PVESDNUser: ["SDN.Audit", "SDN.Use"],
  PVESysAdmin: ["Sys.Audit", "Sys.Console", "Sys.Syslog"],
  PVETemplateUser: ["VM.Audit", "VM.Clone"],
  PVEUserAdmin: ["Group.Allocate", "Realm.AllocateUser", "User.Modify"],
  PVEVMAdmin: VM[version],
  PVEVMUser: VM_USER[version],
});
const BUILTIN = { 8: rolesOf(8), 9: rolesOf(9) };
