import { fine, type Result, type Verdict, wrong } from "../result";
import { onHost, primaryOf, type Situation } from "./situation";

/** What the role PVEAuditor has in every version of Proxmox VE. */
const auditor = ["Datastore.Audit", "Pool.Audit", "Sys.Audit", "VM.Audit"];

/** Whether the token that the exporter uses may see guests. A token without rights gets 200 and empty lists: no error shows anywhere. */
export function judgeProxmox(situation: Situation): Verdict {
  const primary = primaryOf(situation);
  const known = primary?.facts.collector?.proxmox;
  if (primary === undefined || known === undefined) return { results: [], notes: [] };
  const { host } = primary;
  const what = "the Proxmox token sees guests";
  const { permissions, privileges, elsewhere, guests } = known;
  const made = situation.stack.guests;
  const explains = [`metric/${host.name}/pve`, `target/${host.name}/pve`];
  const redeploy = `pulumi refresh --stack ${situation.stack.stack} && make up STACK=${situation.stack.stack}`;
  const result = (): Result => {
    if (permissions.code === 0) {
      return wrong("proxmox", host.name, what, {
        found: `the Proxmox VE API does not answer to ${host.name}: ${permissions.error}`,
        wanted: "an answer within 8 s",
        why:
          permissions.exit === 60
            ? "its certificate is not trusted on the primary"
            : "the Proxmox node is down, or a firewall is between the primary and its port",
        type: [onHost(host, "journalctl -u prometheus-pve-exporter.service -n 20 --no-pager")],
        explains,
      });
    }
    if (permissions.code !== 200) {
      return wrong("proxmox", host.name, what, {
        found: `the Proxmox VE API answers ${permissions.code} to the exporter's token`,
        wanted: "200",
        why: "the token or its user was removed, disabled or has expired",
        type: [redeploy],
        explains,
      });
    }
    const lacking = auditor.filter((privilege) => !privileges.includes(privilege));
    if (lacking.length > 0) {
      const has =
        privileges.length === 0
          ? `no rights on /${elsewhere.length === 0 ? "" : `, only on ${elsewhere.join(", ")}`}`
          : `not ${lacking.join(", ")} on /`;
      return wrong("proxmox", host.name, what, {
        found: `the token has ${has}, and sees ${guests} guests`,
        wanted: "the role PVEAuditor on / for the user and for the token, handed down (propagate)",
        why: "with privilege separation a token may do only what user and token both may",
        type: [redeploy, "on a Proxmox node: pveum acl list"],
        explains,
      });
    }
    // the rights are there and the lists are short all the same: a green scrape would not show it
    if (guests < made) {
      return wrong("proxmox", host.name, what, {
        found: `the token sees ${guests} guests, and the stack made ${made}`,
        wanted: `${made} guests or more`,
        why: "the guests were removed outside of the stack, or an entry NoAccess further down takes them from the token's sight",
        type: ["on a Proxmox node: pveum acl list", redeploy],
      });
    }
    return fine("proxmox", host.name, what);
  };
  const notes =
    permissions.code === 200 && guests === 0 && made === 0 ? [{ host: host.name, text: "Proxmox has no guests" }] : [];
  return { results: [result()], notes };
}
