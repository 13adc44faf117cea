# services.grafana -> grafana.service, grafana.ini and a provisioning folder
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.grafana;
  open = options: t.submodule { freeformType = t.attrsOf t.anything; inherit options; };
  section = option (open { }) { };

  # a folder named as Nix path is kept in the store, file by file
  folder = path:
    let
      files = lib.filter (lib.hasSuffix ".json") (lib.attrNames (builtins.readDir path));
      texts = lib.genAttrs files (name: builtins.readFile (path + "/${name}"));
      hash = builtins.substring 0 16 (builtins.hashString "sha256" (builtins.toJSON texts));
      at = "/etc/nixmon-store/${hash}-${baseNameOf path}";
    in
    { outPath = at; files = lib.mapAttrsToList (name: text: { outPath = "${at}/${name}"; inherit text; mode = "0444"; }) texts; };
  providers = map
    (p: if builtins.isPath p.options.path then p // { options = p.options // { path = "${folder p.options.path}"; }; } else p)
    cfg.provision.dashboards.settings.providers;
  folders = map (p: folder p.options.path) (lib.filter (p: builtins.isPath p.options.path) cfg.provision.dashboards.settings.providers);

  provisioned = {
    "datasources/datasource.yaml" = builtins.toJSON cfg.provision.datasources.settings;
    "dashboards/dashboard.yaml" = builtins.toJSON (cfg.provision.dashboards.settings // { inherit providers; });
  };
  provisioning = "/etc/nixmon-store/${builtins.substring 0 16 (builtins.hashString "sha256" (builtins.toJSON provisioned))}-grafana-provisioning";

  show = v: if lib.isBool v then lib.boolToString v else if lib.isList v then lib.concatStringsSep " " v else toString v;
  ini = pkgs.writeText "config.ini" (lib.concatMapAttrsStringSep "\n"
    (name: keys: "[${name}]\n" + lib.concatLines (lib.mapAttrsToList (key: v: "${key}=${show v}") (lib.filterAttrs (_: v: v != null) keys)))
    (lib.recursiveUpdate cfg.settings { paths = { data = cfg.dataDir; plugins = "${cfg.dataDir}/plugins"; provisioning = if cfg.provision.enable then provisioning else ""; }; }));
in
{
  options.services.grafana = {
    enable = option t.bool false;
    package = option t.package pkgs.grafana;
    dataDir = option t.path "/var/lib/grafana";
    settings = option
      (t.submodule {
        freeformType = t.attrsOf (t.attrsOf t.anything);
        options = {
          server = option (open { static_root_path = option t.str "${cfg.package}/share/grafana/public"; http_addr = option t.str "127.0.0.1"; http_port = option t.port 3000; protocol = option t.str "http"; }) { };
          security = option (open { secret_key = option (t.nullOr t.str) null; admin_user = option t.str "admin"; admin_password = option t.str "admin"; }) { };
          users = section;
          analytics = section;
        };
      })
      { };
    provision = {
      enable = option t.bool false;
      datasources.settings = option (t.nullOr (open { apiVersion = option t.int 1; datasources = option (t.listOf (open { name = lib.mkOption { type = t.str; }; type = lib.mkOption { type = t.str; }; })) [ ]; })) null;
      dashboards.settings = option
        (open {
          apiVersion = option t.int 1;
          providers = option (t.listOf (open { name = option t.str "default"; type = option t.str "file"; options.path = lib.mkOption { type = t.path; }; })) [ ];
        })
        { };
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.settings.security.secret_key != null;
        message = "services.grafana.settings.security.secret_key has no default: set it, as `$__file{...}`.";
      }
    ];
    users.users.grafana = { isSystemUser = true; group = "grafana"; home = cfg.dataDir; createHome = true; };
    users.groups.grafana = { };
    sandbox.store = [ ini ] ++ lib.concatMap (f: f.files) folders
      ++ lib.optionals cfg.provision.enable (lib.mapAttrsToList (name: text: { outPath = "${provisioning}/${name}"; inherit text; mode = "0444"; }) provisioned);
    systemd.services.grafana = {
      description = "Grafana";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      # as on NixOS: a real Grafana looks for its defaults in its home
      preStart = lib.concatMapStrings (part: "ln -fs ${cfg.package}/share/grafana/${part} ${cfg.dataDir}\n") [ "conf" "tools" ];
      serviceConfig = {
        ExecStart = "${cfg.package}/bin/grafana server -homepath ${cfg.dataDir} -config ${ini}";
        WorkingDirectory = cfg.dataDir;
        User = "grafana";
        Restart = "on-failure";
        RuntimeDirectory = "grafana";
        RuntimeDirectoryMode = "0755";
        StateDirectory = lib.removePrefix "/var/lib/" cfg.dataDir;
        NoNewPrivileges = true;
        PrivateTmp = true;
        ProtectHome = true;
        ProtectSystem = "full";
      };
    };
  };
}
