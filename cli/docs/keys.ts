import type { givenSecrets } from "../../stacks/schema";

/**
 * What the keys of a stack's configuration mean, for the reference. Keys at the top are described in `Pulumi.yaml`; keys under
 * `monitoring` that are options of the NixOS modules too are described there. A key without description, and a description without key,
 * stop `make docs`.
 */
export const keyDescriptions: Readonly<Record<string, string>> = {
  "allocations.server.monitoringPrimaryHost": "The host that runs Prometheus, Loki, Grafana and Alertmanager.",
  "allocations.server.ioPrimaryHost": "The host that has the reverse proxy and the databases.",
  "allocations.server.identityHost": "The host that has Kanidm.",
  primaryAddress: "Address of the primary that another stack owns. Wanted in a `fleet`, and only there.",
  "ssh.user": "User that logs in to deploy; another than `root` needs passwordless sudo. Default `root`.",
  "ssh.port": "TCP port of sshd. Default 22.",
  "ssh.publicKeyFiles": "Files with public keys that may log in to machines which we create.",
  "limits.build": "Seconds that a build may take. Default 1800.",
  "limits.activate": "Seconds that the activation may take. Default 300.",
  "limits.gate": "Seconds from activation until every check of the health gate holds. Default 90.",
  "limits.confirm":
    "Seconds from there to the confirmation over a new connection; then the host goes back by itself. Default 60.",
  "proxmox.endpoint":
    "Address of the Proxmox VE API. Wanted for machines of type `vm` and `lxc`, and for metrics of Proxmox.",
  "proxmox.node": "Node on which machines are created unless they name another.",
  "proxmox.insecure": "Skip the check of the API's certificate. Only where nothing else is possible.",
  "proxmox.ca":
    "PEM file of the authority that signed the API's certificate; keep it in `certificates/`, where `make up` finds it. The primary trusts it, too.",
  "proxmox.fingerprint":
    "SHA-256 of the API's certificate. Our own checks refuse any other one; the provider goes by the authority alone.",
  "proxmox.tokenExpires": "When the monitoring token ends, RFC 3339. Default: never.",
  "proxmox.username": "User for the login with `proxmoxPassword`.",
  "proxmox.realm": "Realm in which the monitoring user is made: it is `monitoring@<realm>`.",
  "proxmox.tokenName": "Name of the monitoring user's token. Another name makes another token.",
  "monitoring.collector.alerting.homeAssistant.url":
    "Address of Home Assistant, `https://ha.example.net`; the webhook's random id is made for you.",
  "monitoring.collector.alerting.nextcloudTalk.url": "Address of the Nextcloud server.",
  "monitoring.collector.alerting.nextcloudTalk.room": "Token of the Talk room: the last part of its link.",
  "monitoring.collector.alerting.nextcloudTalk.user": "User that writes into the room; it must be a member.",
  "monitoring.alerts.<alert>.enable": "Whether the alert exists (on this host).",
  "monitoring.alerts.<alert>.for": "How long its condition must hold before it fires.",
  "monitoring.alerts.<alert>.thresholds.<name>":
    "Another number for a threshold; names and defaults are in [alerts.md](alerts.md).",
  "hosts.<host>.address": "Address by which the other hosts reach this one.",
  "hosts.<host>.address.interface":
    "Instead of an address: the interface of a machine made here that gets one by DHCP, such as `eth0`.",
  "hosts.<host>.machine.image.url": "Instead of a template: a file that Proxmox downloads itself and checks.",
  "hosts.<host>.machine.image.sha256": "SHA-256 of that file.",
  "hosts.<host>.machine.image.datastore":
    "Datastore that keeps it; it takes content `import` (VM) or `vztmpl` (container).",
  "hosts.<host>.machine.rootDisk":
    "Where a VM's root disk is attached when it is made. Default: where the template has its only disk; `scsi0` for an image.",
  "hosts.<host>.machine.agent": "Whether the guest agent runs there; the SSH host key is then read through it.",
  "hosts.<host>.machine.dataDisks[].size": "Size of a disk beside the root disk.",
  "hosts.<host>.machine.dataDisks[].datastore": "Its datastore. Default: that of the root disk.",
  "hosts.<host>.machine.dataDisks[].path": "Where a container mounts it.",
  "hosts.<host>.machine.type":
    "`vm` and `lxc` are created on Proxmox VE; `existing` is a NixOS host that is there, and is never created or destroyed. Default `existing`.",
  "hosts.<host>.machine.template":
    "What the machine is made from: VM id of a NixOS template with cloud-init, or for `lxc` a template file.",
  "hosts.<host>.machine.node": "Proxmox node that runs it. Default: `proxmox.node`.",
  "hosts.<host>.machine.cores": "CPU cores.",
  "hosts.<host>.machine.memory": "Memory.",
  "hosts.<host>.machine.disk": "Size of the root disk.",
  "hosts.<host>.machine.bridge": "Bridge of the node that the machine's network card is on.",
  "hosts.<host>.machine.vlan": "VLAN tag, 1 to 4094. Default: untagged.",
  "hosts.<host>.machine.prefix":
    "Prefix length of the host's address. Default: 24, and 64 where it is an IPv6 address.",
  "hosts.<host>.machine.gateway": "Default gateway.",
  "hosts.<host>.machine.dns": "DNS servers. Empty: those of the node.",
  "hosts.<host>.machine.datastore": "Proxmox datastore of the disk. Default: the template's.",
  "hosts.<host>.machine.pool": "Proxmox resource pool.",
  "hosts.<host>.machine.tags": "Proxmox tags.",
  "hosts.<host>.machine.vmId": "VM id. Default: the next free one.",
  "hosts.<host>.machine.startOrder": "Place in the order in which the node starts its guests.",
  "hosts.<host>.machine.protect": "Refuse to destroy or replace it.",
  "hosts.<host>.ssh.hostKey":
    "Its public SSH host key: the first two words of `/etc/ssh/ssh_host_ed25519_key.pub`. Wanted for an `existing` host.",
  "hosts.<host>.activation.flake": "Flake and attribute of the host's own configuration, where it is built by flake.",
  "hosts.<host>.activation.impure": "Build that flake with `--impure`, so that it sees the pushed files.",
  "hosts.<host>.activation.overrideInput": "Name of the flake's input that the pushed files take the place of.",
  "hosts.<host>.activation.buildHost": "Build there instead of on the host.",
  "hosts.<host>.virtualHosts.<domain>.upstream":
    "Where the IO primary's Caddy sends requests for this domain. Wanted, but for the collectors' own sites.",
  "hosts.<host>.virtualHosts.<domain>.access": "Who is served: anyone, or only addresses in `lan`. Default `lan`.",
  "hosts.<host>.virtualHosts.<domain>.probe": "Whether the primary probes it. Default true.",
  "hosts.<host>.virtualHosts.<domain>.probePath":
    "Path that the probe asks for; it must answer 200 to 299. Default `/`.",
  "hosts.<host>.postgresDatabases": "PostgreSQL databases on this host. On the IO primary they turn the exporter on.",
  "hosts.<host>.redisInstances.<name>.port":
    "TCP port of a Redis instance, by its name in `services.redis.servers`. On the IO primary they turn the exporter on.",
  "hosts.<host>.scrapes[].job": "Value of the `job` label.",
  "hosts.<host>.scrapes[].port": "TCP port; opened to the primary.",
  "hosts.<host>.scrapes[].path": "Path of the metrics.",
  "hosts.<host>.scrapes[].scheme": "How it is asked.",
  "hosts.<host>.scrapes[].bearerTokenSecret": "Name of the bearer token in the secret `scrapeTokens`.",
  "identity.url": "Address of the Kanidm that people log in to Grafana with. Default `https://auth.<domain>`.",
  "identity.external":
    "Somebody else runs that Kanidm: Grafana's client is made by its REST API, with the secret `kanidmToken`. Default false.",
  "tls.caFile": "PEM file with certificate authorities of your own, which the primary trusts beside the public ones.",
  collectorSites:
    "Whether the IO primary serves `grafana.<domain>` to anyone, and `prometheus.<domain>` and `loki.<domain>` to the LAN. Details are overridden in the primary's `virtualHosts`, under the same names.",
  "probes.enable": "Whether virtual hosts are probed. Default true.",
  "probes.scheme": "Default `https`.",
  "probes.verifyTls": "Whether an untrusted certificate fails the probe. Default true.",
  "probes.direct":
    "Ask the IO primary's address and name the site in the request, for networks whose DNS does not know the sites. Default false.",
  runbooks:
    "Where people can read the pages of `docs/runbooks/`, for the link in each message about an alert. Without it the message has only the page's path in the project.",
  "rotation.grafanaSecretKey":
    "The next number makes another key. Grafana can't read what it stored under the old one.",
  "rotation.grafanaLosesStoredSecrets": "Consent to that: the same number.",
  "rotation.grafanaOAuth": "Another number makes another secret, at both ends.",
  "rotation.homeAssistantWebhook": "Another number makes another id.",
  "rotation.proxmoxToken": "Another number makes another token.",
};

/** The secrets that a user may give. */
export const secretDescriptions: Readonly<Record<(typeof givenSecrets)[number], string>> = {
  proxmoxPassword: "Password of `proxmox.username`. The environment's `PROXMOX_VE_PASSWORD` will do as well.",
  proxmoxApiToken: "Instead of a password: `user@realm!name=UUID`, the whole of it.",
  homeAssistantWebhookUrl: "Home Assistant's webhook, where its id is not to be made for you.",
  nextcloudTalkPassword: "App password of `nextcloudTalk.user`. Wanted when Talk is enabled.",
  heartbeatUrl: "What the Watchdog calls once a minute. Wanted when `heartbeat` is enabled.",
  kanidmToken:
    "API token of a Kanidm service account that may manage OAuth2 clients. Wanted when `identity.external` is true.",
  scrapeTokens: "Bearer tokens by name (`--path scrapeTokens.NAME`). Wanted when a scrape names one.",
};
