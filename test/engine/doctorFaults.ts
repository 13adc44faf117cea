import { activeTargets, eventually, must, onHost } from "./sandbox";

/** One thing that goes wrong on a real cluster, made for real on a sandbox host. */
export interface Fault {
  name: string;
  plant: () => void;
  /** Until it shows where doctor looks, if that takes a moment. */
  shows?: () => Promise<unknown>;
  /** By the advice that doctor gives, where that is a command. */
  heal: () => void;
  /** Keys of exactly the findings that doctor must report. */
  findings: string[];
  /** Words of the finding: the thing and what to type. */
  says: RegExp[];
  /** Faults of one group are made at the same time where there is little time; they have no consequences in common. */
  group: number;
}

const restore = (host: string) => must(["node", "dist/cli/restore.js", "--stack", "sandbox", "--host", host]);
const machine = (...words: string[]) => must(["sandbox/hosts/machine.sh", ...words]);
const secretsFolder = "/var/lib/nixmon/secrets";
const sshKey = "/etc/ssh/ssh_host_ed25519_key";
const prometheusYaml = "/etc/prometheus/prometheus.yaml";

/** A unit that was stopped; healed as doctor says. */
function stopped(host: string, row: string, unit: string, group: number): Fault {
  return {
    name: `${unit} stopped on ${host}`,
    plant: () => onHost(host, `systemctl stop ${unit}`),
    heal: () => onHost(host, `systemctl restart ${unit}`),
    findings: [`unit/${host}/${row}`],
    says: [new RegExp(`${unit} is inactive`), new RegExp(`systemctl restart ${unit}`)],
    group,
  };
}

/** Gives or takes the token its role, by the API that Proxmox's own interface uses. */
function tokenRole(give: boolean): void {
  const script = `
    api=https://10.231.77.1:8006/api2/json
    ticket=$(curl -fsk --data-urlencode username=root@pam --data-urlencode "password=$PROXMOX_VE_PASSWORD" $api/access/ticket)
    curl -fsk -X PUT $api/access/acl -b "PVEAuthCookie=$(jq -r .data.ticket <<<"$ticket")" -H "CSRFPreventionToken: $(jq -r .data.CSRFPreventionToken <<<"$ticket")" \
      --data-urlencode path=/ --data-urlencode roles=PVEAuditor --data-urlencode 'tokens=monitoring@pve!prometheus' --data propagate=1 ${give ? "" : "--data delete=1"}`;
  must(["bash", "-ec", script]);
}

const expired = `cd /tmp && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key -out old.csr -subj /CN=grafana.sandbox.test -addext subjectAltName=DNS:grafana.sandbox.test
  openssl x509 -req -in old.csr -signkey old.key -days -1 -copy_extensions copy -out old.pem
  python3 -c 'import json; print(json.dumps([{"certificate": open("old.pem").read(), "key": open("old.key").read()}]))' |
    curl -fsS -X PUT -H 'Content-Type: application/json' --data-binary @- localhost:2019/config/apps/tls/certificates/load_pem`;

export const faults: Fault[] = [
  stopped("nixio", "postgres", "prometheus-postgres-exporter.service", 1),
  stopped("nixcloud", "alloy", "alloy.service", 1),
  stopped("nixmon", "alertmanager", "alertmanager.service", 1),
  {
    name: "an exporter without its proof metric: the Redis behind it is down",
    plant: () => onHost("nixio", "systemctl stop redis.service"),
    heal: () => onHost("nixio", "systemctl start redis.service"),
    findings: ["metric/nixio/redis"],
    says: [/redis_up is 0/, /systemctl status .*redis/],
    group: 1,
  },
  {
    name: "a host's target file is gone from the primary",
    plant: () => onHost("nixmon", "rm /var/lib/nixmon/targets/nixdev.json"),
    heal: () => restore("nixdev"),
    findings: ["file/nixdev"],
    says: [/nixdev.json is not there/, /make restore STACK=sandbox HOST=nixdev/],
    group: 1,
  },
  {
    name: "the login secret differs at its two ends",
    plant: () => onHost("nixcloud", `printf other >${secretsFolder}/KANIDM/OAUTH2/GRAFANA_SECRET`),
    heal: () => restore("nixcloud"),
    findings: ["oauth"],
    says: [/OAUTH_SECRET on nixmon differs from KANIDM\/OAUTH2\/GRAFANA_SECRET on nixcloud/, /make restore/],
    group: 1,
  },
  {
    name: "the name of the identity provider leads elsewhere",
    plant: () =>
      onHost(
        "nixmon",
        "sed 's/ auth.sandbox.test//; $a 10.231.77.99 auth.sandbox.test' /etc/hosts >/etc/hosts.new && cp /etc/hosts /etc/hosts.kept && cp /etc/hosts.new /etc/hosts",
      ),
    heal: () => onHost("nixmon", "cp /etc/hosts.kept /etc/hosts"),
    findings: ["identity"],
    says: [/auth.sandbox.test resolves to 10.231.77.99/, /10.231.77.13, the address of nixcloud/, /getent ahosts/],
    group: 1,
  },
  {
    name: "the Proxmox token has no role",
    plant: () => tokenRole(false),
    heal: () => tokenRole(true),
    findings: ["proxmox"],
    says: [/no rights/, /PVEAuditor/, /pulumi refresh/],
    group: 1,
  },
  {
    name: "Prometheus refused its configuration",
    plant: () =>
      onHost(
        "nixmon",
        `cp ${prometheusYaml} /root/kept.yaml && echo 'nonsense: 1' >${prometheusYaml} && systemctl reload prometheus.service; sleep 1`,
      ),
    heal: () =>
      onHost("nixmon", `cp /root/kept.yaml ${prometheusYaml} && systemctl reload prometheus.service; sleep 1`),
    findings: ["reload/prometheus"],
    says: [/prometheus refused its last reload/, /journalctl -u prometheus.service/],
    group: 1,
  },
  {
    name: "a site's certificate has expired",
    plant: () => onHost("nixio", expired),
    heal: () => onHost("nixio", "curl -fsS -X DELETE localhost:2019/config/apps/tls/certificates"),
    findings: ["certificate/grafana.sandbox.test"],
    says: [/certificate of grafana.sandbox.test expired/, /journalctl -u caddy.service/],
    group: 1,
  },
  {
    name: "the disk is too small for the retention",
    // doctor takes the rate over an hour: that of a sandbox some minutes old is small, and so must be the disk
    plant: () => onHost("nixmon", "mount -t tmpfs -o size=2m tmpfs /var/lib/loki"),
    heal: () => onHost("nixmon", "umount /var/lib/loki"),
    findings: ["forecast/loki"],
    says: [/are free on \/var\/lib\/loki/, /retention.logs/],
    group: 1,
  },
  {
    name: "a secret is gone",
    plant: () => onHost("nixmon", `rm ${secretsFolder}/MONITORING/GRAFANA/ADMIN_PASSWORD`),
    heal: () => restore("nixmon"),
    findings: ["secret/nixmon/MONITORING/GRAFANA/ADMIN_PASSWORD"],
    says: [/ADMIN_PASSWORD is not there/, /make restore STACK=sandbox HOST=nixmon/],
    group: 1,
  },
  {
    name: "another SSH host key than the pinned one",
    plant: () =>
      onHost(
        "nixio",
        `mv ${sshKey} /root/kept && ssh-keygen -q -t ed25519 -N '' -f ${sshKey} && systemctl restart ssh.service`,
      ),
    heal: () => onHost("nixio", `mv /root/kept ${sshKey} && systemctl restart ssh.service`),
    findings: ["reach/nixio"],
    says: [/host key differs/, /the machine runs/, /ssh-keyscan/],
    group: 2,
  },
  {
    name: "a host that is off",
    plant: () => machine("stop", "nixcloud"),
    heal: () => machine("up", "nixcloud"),
    findings: ["reach/nixcloud"],
    says: [/nixcloud .*unreachable/, /ping/],
    group: 2,
  },
  {
    name: "a firewall between the primary and an exporter",
    plant: () =>
      onHost(
        "nixcloud",
        "nft insert rule inet nixos-fw input ip saddr 10.231.77.11 tcp dport 9100 reject with tcp reset",
      ),
    shows: () =>
      eventually(40, activeTargets, (all) =>
        all.some(({ labels, health }) => labels.host === "nixcloud" && labels.job === "node" && health === "down"),
      ),
    heal: () =>
      onHost(
        "nixcloud",
        "nft delete rule inet nixos-fw input handle $(nft -a list chain inet nixos-fw input | sed -n 's/.*reject with tcp reset # handle //p')",
      ),
    findings: ["network/nixcloud"],
    says: [/node answers? on nixcloud itself, but not to the primary \(port 9100\)/, /nft list ruleset/],
    group: 3,
  },
  {
    name: "a host that cannot reach Loki",
    plant: () =>
      onHost(
        "nixio",
        "nft 'add table inet cut; add chain inet cut out { type filter hook output priority 0; }; add rule inet cut out tcp dport 3100 reject with tcp reset'",
      ),
    heal: () => onHost("nixio", "nft delete table inet cut"),
    findings: ["logs/nixio"],
    says: [/Loki does not answer to nixio/],
    group: 3,
  },
  {
    name: "files of the configuration changed by hand",
    plant: () => onHost("nixmon", "echo '# by hand' >>/var/lib/nixmon/current/default.nix"),
    heal: () => restore("nixmon"),
    findings: ["payload/nixmon"],
    says: [/changed by hand.*default.nix/, /make restore STACK=sandbox HOST=nixmon/],
    group: 3,
  },
  {
    name: "an exporter turned off in the host's own configuration",
    plant: () =>
      onHost(
        "nixio",
        "cp -a /etc/nixos/configuration.nix /root/kept.nix && sed -i '0,/imports/s//server.monitoring.exporters.redis.enable = false;\\n  imports/' /etc/nixos/configuration.nix && nixos-rebuild switch",
      ),
    shows: () =>
      eventually(40, activeTargets, (all) =>
        all.every(({ labels, health }) => labels.job !== "redis" || health === "down"),
      ),
    heal: () => onHost("nixio", "cp -a /root/kept.nix /etc/nixos/configuration.nix && nixos-rebuild switch"),
    findings: ["exporters/nixio"],
    says: [/turned off: redis/, /grep -rn server.monitoring/],
    group: 3,
  },
  {
    name: "a clock that is three hours behind",
    // hosts of the sandbox have this machine's clock, so the program that shows it lies
    plant: () =>
      onHost(
        "nixio",
        `mv /usr/bin/date /usr/bin/date.true && printf '#!/bin/sh\\nexec date.true -d "3 hours ago" "$@"\\n' >/usr/bin/date && chmod 755 /usr/bin/date`,
      ),
    heal: () => onHost("nixio", "mv /usr/bin/date.true /usr/bin/date"),
    findings: ["clock/nixio"],
    says: [/clock is 3.0 h behind/, /timedatectl/],
    group: 4,
  },
  {
    name: "our folder removed by hand",
    plant: () => onHost("nixio", "rm -rf /var/lib/nixmon"),
    heal: () => restore("nixio"),
    findings: ["payload/nixio"],
    says: [/nixmon\/current is not there/, /make restore STACK=sandbox HOST=nixio/],
    group: 4,
  },
  {
    name: "an older system activated by hand",
    plant: () => onHost("nixcloud", "/nix/var/nix/profiles/system-1-link/bin/switch-to-configuration test"),
    heal: () => onHost("nixcloud", "nixos-rebuild switch"),
    findings: ["generation/nixcloud"],
    says: [/runs configuration without nixmon/, /nixos-rebuild switch/],
    group: 4,
  },
];
