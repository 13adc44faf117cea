# The owner's configuration of an IO machine: an application's database and cache, and the reverse proxy in front of it.
{ pkgs, ... }:
let
  secrets = "/var/lib/app-secrets";
  password = "${secrets}/redis";
in
{
  imports = [ ./base.nix ];

  services.postgresql = {
    enable = true;
    ensureDatabases = [ "app" ];
    ensureUsers = [ { name = "app"; ensureDBOwnership = true; } ];
  };

  services.redis.servers."" = { enable = true; requirePassFile = password; settings.maxmemory = "64mb"; };
  services.redis.servers.sessions = { enable = true; port = 6380; requirePassFile = "${secrets}/redis-sessions"; settings.maxmemory = "16mb"; };
  systemd.services.app-secrets = {
    description = "Passwords of the application, made once";
    before = [ "redis.service" "redis-sessions.service" ];
    requiredBy = [ "redis.service" "redis-sessions.service" ];
    serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
    script = ''
      mkdir -p -m 0700 ${secrets}
      umask 077
      for name in redis redis-sessions; do
        test -s ${secrets}/$name || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > ${secrets}/$name
      done
    '';
  };

  # the application: a little traffic, so that there is something to see
  systemd.services.app = {
    description = "Visits to the sandbox's application";
    wantedBy = [ "multi-user.target" ];
    after = [ "redis.service" "postgresql.service" "caddy.service" ];
    serviceConfig = { Restart = "always"; RestartSec = 5; };
    script = ''
      export REDISCLI_AUTH=$(cat ${password})
      runuser -u postgres -- psql -qd app -c 'create table if not exists visits (at timestamptz default now())' 2> /dev/null
      while sleep 5; do
        printf 'incr visits\nget visits\nget nobody\nset last now ex 3600\n' | redis-cli > /dev/null
        runuser -u postgres -- psql -qd app -c 'insert into visits default values' -c 'select count(*) from visits' > /dev/null
        curl -s -o /dev/null -H 'Host: app.sandbox.test' http://127.0.0.1/
      done
    '';
  };

  services.caddy = {
    enable = true;
    # there is no certificate authority for the sandbox's domain
    globalConfig = ''
      local_certs
      skip_install_trust
    '';
    virtualHosts."http://app.sandbox.test" = {
      extraConfig = ''respond "app"'';
      # readable by Caddy's group, so that the log shipper can read it, too
      logFormat = ''
        output file /var/log/caddy/access-app.sandbox.test.log {
          mode 0640
        }
      '';
    };
  };
  # its own metrics, for whoever has the token: what `scrapes` in Pulumi.sandbox.yaml asks for
  services.caddy.virtualHosts."http://:8088" = {
    logFormat = "output discard";
    extraConfig = ''
      @allowed header Authorization "Bearer sandbox-app-token"
      handle @allowed {
        respond /internal/metrics "app_build_info{version=\"1\"} 1"
      }
      respond 401
    '';
  };
  networking.firewall.allowedTCPPorts = [ 80 443 ];
}
