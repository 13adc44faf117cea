# The owner's configuration of an IO machine: an application's database and cache, and the reverse proxy in front of it.
{ pkgs, ... }:
let
  password = "/var/lib/app-secrets/redis";
in
{
  imports = [ ./base.nix ];

  services.postgresql = {
    enable = true;
    ensureDatabases = [ "app" ];
    ensureUsers = [ { name = "app"; ensureDBOwnership = true; } ];
  };

  services.redis.servers."" = { enable = true; requirePassFile = password; };
  systemd.services.app-secrets = {
    description = "Passwords of the application, made once";
    before = [ "redis.service" ];
    requiredBy = [ "redis.service" ];
    serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
    script = ''
      mkdir -p -m 0700 ${dirOf password}
      test -s ${password} || (umask 077; od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > ${password})
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
  networking.firewall.allowedTCPPorts = [ 80 443 ];
}
