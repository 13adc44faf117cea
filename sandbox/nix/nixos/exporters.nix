# services.prometheus.exporters.* -> prometheus-<name>-exporter.service, from one table.
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.prometheus.exporters;
  at = c: "${c.listenAddress}:${toString c.port}";
  onOff = name: on: "--${lib.optionalString (!on) "no-"}collector.${name}";

  # port, options of its own, and what its unit adds to the common one; `static`: a user that stays, as on NixOS
  table = {
    node = {
      port = 9100;
      static = true;
      options = { enabledCollectors = option (t.listOf t.str) [ ]; disabledCollectors = option (t.listOf t.str) [ ]; };
      service = c: {
        ExecStart = "${pkgs.prometheus-node-exporter}/bin/node_exporter ${lib.concatStringsSep " " (
          map (n: "--collector.${n}") c.enabledCollectors ++ map (n: "--no-collector.${n}") c.disabledCollectors
          ++ [ "--web.listen-address=${at c}" ] ++ c.extraFlags)}";
        RuntimeDirectory = "prometheus-node-exporter";
      };
    };
    postgres = {
      port = 9187;
      static = true;
      options = {
        dataSourceName = option t.str "user=postgres database=postgres host=/run/postgresql sslmode=disable";
        environmentFile = option (t.nullOr t.path) null;
        runAsLocalSuperUser = option t.bool false;
        telemetryPath = option t.str "/metrics";
      };
      environment = c: { DATA_SOURCE_NAME = c.dataSourceName; };
      service = c: {
        ExecStart = "${pkgs.prometheus-postgres-exporter}/bin/postgres_exporter --web.listen-address=${at c} --web.telemetry-path=${c.telemetryPath} ${lib.concatStringsSep " " c.extraFlags}";
        User = if c.runAsLocalSuperUser then "postgres" else c.user;
        EnvironmentFile = lib.optional (c.environmentFile != null) c.environmentFile;
      };
    };
    redis = {
      port = 9121;
      service = c: { ExecStart = "${pkgs.prometheus-redis-exporter}/bin/redis_exporter -web.listen-address=${at c} ${lib.concatStringsSep " " c.extraFlags}"; };
    };
    blackbox = {
      port = 9115;
      options = { configFile = lib.mkOption { type = t.path; }; enableConfigCheck = option t.bool true; };
      service = c: {
        ExecStart = "${pkgs.prometheus-blackbox-exporter}/bin/blackbox_exporter --web.listen-address=${at c} --config.file=${c.configFile} ${lib.concatStringsSep " " c.extraFlags}";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        AmbientCapabilities = [ "CAP_NET_RAW" ];
        CapabilityBoundingSet = [ "CAP_NET_RAW" ];
      };
    };
    pve = {
      port = 9221;
      options = {
        package = option t.package pkgs.prometheus-pve-exporter;
        environmentFile = option (t.nullOr t.path) null;
        configFile = option (t.nullOr t.path) null;
        collectors = lib.genAttrs [ "status" "version" "node" "cluster" "resources" "config" "replication" ] (_: option t.bool true);
      };
      service = c: {
        ExecStart = "${c.package}/bin/pve_exporter ${lib.concatStringsSep " " (lib.mapAttrsToList onOff c.collectors
          ++ lib.optional (c.environmentFile == null) "--config.file=%d/configFile" ++ [ "--web.listen-address=${at c}" ])}";
        LoadCredential = lib.optional (c.environmentFile == null) "configFile:${c.configFile}";
        EnvironmentFile = lib.optional (c.environmentFile != null) c.environmentFile;
      };
    };
  };

  enabled = lib.filterAttrs (name: _: cfg.${name}.enable) table;
  static = lib.filterAttrs (_: row: row.static or false) enabled;
in
{
  options.services.prometheus.exporters = lib.mapAttrs
    (name: row: {
      enable = option t.bool false;
      port = option t.port row.port;
      listenAddress = option t.str "0.0.0.0";
      extraFlags = option (t.listOf t.str) [ ];
      openFirewall = option t.bool false;
      firewallFilter = option (t.nullOr t.str) null;
      firewallRules = option (t.nullOr t.lines) null;
      user = option t.str "${name}-exporter";
      group = option t.str "${name}-exporter";
    } // row.options or { })
    table;

  config = {
    networking.firewall.allowedTCPPorts = lib.concatLists (lib.mapAttrsToList (name: _: lib.optional cfg.${name}.openFirewall cfg.${name}.port) enabled);
    users.users = lib.mapAttrs' (name: _: lib.nameValuePair cfg.${name}.user { isSystemUser = true; inherit (cfg.${name}) group; }) static;
    users.groups = lib.mapAttrs' (name: _: lib.nameValuePair cfg.${name}.group { }) static;
    sandbox.store = lib.optional (cfg.blackbox.enable && lib.isAttrs cfg.blackbox.configFile) cfg.blackbox.configFile;
    sandbox.checks = lib.optional (cfg.blackbox.enable && cfg.blackbox.enableConfigCheck) {
      name = "blackbox_exporter --config.check";
      command = [ "blackbox_exporter" "--config.check" "--config.file=${cfg.blackbox.configFile}" ];
    };
    systemd.services = lib.mapAttrs'
      (name: row: lib.nameValuePair "prometheus-${name}-exporter" {
        description = "Prometheus ${name} exporter";
        wantedBy = [ "multi-user.target" ];
        after = [ "network.target" ];
        environment = (row.environment or (_: { })) cfg.${name};
        serviceConfig = {
          Restart = "always";
          PrivateTmp = true;
          WorkingDirectory = "/tmp";
          DynamicUser = !(row.static or false);
          User = cfg.${name}.user;
          Group = cfg.${name}.group;
          NoNewPrivileges = true;
          ProtectSystem = "strict";
          ProtectHome = true;
        } // row.service cfg.${name};
      })
      enabled;
  };
}
