import { fine, type Result, type Verdict, wrong } from "../result";
import { onHost, primaryOf, type Situation } from "./situation";

/** Whether the token that the exporter uses may see guests. A token without rights gets 200 and empty lists: no error shows anywhere. */
export function judgeProxmox(situation: Situation): Verdict {
  const primary = primaryOf(situation);
  const known = primary?.facts.collector?.proxmox;
  if (primary === undefined || known === undefined) return { results: [], notes: [] };
  const { host } = primary;
  const what = "the Proxmox token sees guests";
  const { permissions, privileges, guests } = known;
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
    if (!privileges.includes("VM.Audit") || !privileges.includes("Sys.Audit")) {
      return wrong("proxmox", host.name, what, {
        found: `the token has ${privileges.length === 0 ? "no rights" : `these rights only: ${privileges.join(", ")}`}, and sees ${guests} guests`,
        wanted: "the role PVEAuditor on / for the user and for the token",
        why: "with privilege separation a token may do only what user and token both may",
        type: [redeploy, "on a Proxmox node: pveum acl list"],
        explains,
      });
    }
    return fine("proxmox", host.name, what);
  };
  const notes = privileges.length > 0 && guests === 0 ? [{ host: host.name, text: "Proxmox has no guests" }] : [];
  return { results: [result()], notes };
}
