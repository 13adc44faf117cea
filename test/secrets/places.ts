/** Files of the host that hold secrets because its owner put them there. */
export const ownersFiles = ["/var/lib/app-secrets/redis", "/var/lib/app-secrets/token", "/var/lib/redis/redis.conf"];

/** All files of a host with every kind of secret that hold one: its own file, and the credentials of each unit that reads it. */
export const everyPlace = [
  ...ownersFiles,
  "/run/credentials/alertmanager.service/MONITORING_HEARTBEAT_URL",
  "/run/credentials/alertmanager.service/MONITORING_HOME_ASSISTANT_WEBHOOK_URL",
  "/run/credentials/alertmanager.service/MONITORING_NEXTCLOUD_TALK_APP_PASSWORD",
  "/run/credentials/grafana.service/MONITORING_GRAFANA_ADMIN_PASSWORD",
  "/run/credentials/grafana.service/MONITORING_GRAFANA_OAUTH_SECRET",
  "/run/credentials/grafana.service/MONITORING_GRAFANA_SECRET_KEY",
  "/run/credentials/kanidm.service/KANIDM_OAUTH2_GRAFANA_SECRET",
  "/run/credentials/nixmon-pve-config.service/TOKEN_SECRET",
  "/run/credentials/prometheus-pve-exporter.service/configFile",
  "/run/credentials/prometheus-redis-exporter.service/password-default",
  "/run/credentials/prometheus.service/MONITORING_SCRAPE_APP",
  "/run/nixmon-pve/pve.yml",
  "/run/prometheus-redis-exporter/passwords.json",
  "/var/lib/nixmon/secrets/KANIDM/OAUTH2/GRAFANA_SECRET",
  "/var/lib/nixmon/secrets/MONITORING/GRAFANA/ADMIN_PASSWORD",
  "/var/lib/nixmon/secrets/MONITORING/GRAFANA/OAUTH_SECRET",
  "/var/lib/nixmon/secrets/MONITORING/GRAFANA/SECRET_KEY",
  "/var/lib/nixmon/secrets/MONITORING/HEARTBEAT/URL",
  "/var/lib/nixmon/secrets/MONITORING/HOME_ASSISTANT/WEBHOOK_URL",
  "/var/lib/nixmon/secrets/MONITORING/NEXTCLOUD_TALK/APP_PASSWORD",
  "/var/lib/nixmon/secrets/MONITORING/PROXMOX/TOKEN_SECRET",
  "/var/lib/nixmon/secrets/MONITORING/SCRAPE/APP",
].sort();
