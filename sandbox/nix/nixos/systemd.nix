# systemd.services, timers, paths and tmpfiles -> unit files, with the marks by which a switch decides what to restart or reload.
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  words = option (t.listOf t.str) [ ];
  flag = option t.bool;

  # as on NixOS: where one definition is a list, all of them are joined
  setting = t.anything // {
    description = "systemd option";
    merge = loc: defs:
      if lib.any (d: lib.isList d.value) defs then lib.concatMap (d: lib.toList d.value) defs
      else (t.anything.merge loc defs);
  };
  section = option (t.attrsOf setting) { };

  common = {
    enable = flag true;
    description = option t.str "";
  } // lib.genAttrs [ "after" "before" "requires" "wants" "bindsTo" "partOf" "conflicts" "wantedBy" "requiredBy" ] (_: words) // {
    restartTriggers = option (t.listOf t.unspecified) [ ];
    reloadTriggers = option (t.listOf t.unspecified) [ ];
    unitConfig = section;
  };
  service = t.submodule {
    options = common // {
      serviceConfig = section;
      environment = option (t.attrsOf (t.nullOr (t.oneOf [ t.str t.path t.int ]))) { };
      path = option (t.listOf (t.either t.package t.str)) [ ];
      script = option t.lines "";
      preStart = option t.lines "";
      postStart = option t.lines "";
      restartIfChanged = flag true;
      reloadIfChanged = flag false;
      stopIfChanged = flag true;
      startAt = option (t.coercedTo t.str (s: [ s ]) (t.listOf t.str)) [ ];
    };
  };
  timer = t.submodule { options = common // { timerConfig = section; }; };
  path = t.submodule { options = common // { pathConfig = section; }; };

  show = v: if lib.isBool v then lib.boolToString v else toString v;
  render = name: values:
    "[${name}]\n" + lib.concatMapAttrsStringSep "" (key: v: lib.concatMapStrings (one: "${key}=${show one}\n") (if lib.isList v then v else [ v ]))
      (lib.filterAttrs (_: v: v != null) values);
  digest = list: builtins.substring 0 32 (builtins.hashString "sha256" (lib.concatMapStringsSep "\n" (x: "${x}") list));
  # NixOS makes links in NAME.wants and NAME.requires: said in the unit itself it is the same
  pulled = relation: target: lib.attrNames (lib.filterAttrs (_: u: lib.elem target u.${relation}) services);
  pulledBy = relation: target: map (name: "${name}.service") (pulled relation target);
  unitSection = file: u: lib.filterAttrs (_: v: v != [ ] && v != "") {
    Description = u.description;
    After = u.after;
    Before = u.before;
    Requires = u.requires ++ pulledBy "requiredBy" file;
    Wants = u.wants ++ pulledBy "wantedBy" file;
    BindsTo = u.bindsTo;
    PartOf = u.partOf;
    Conflicts = u.conflicts;
    X-Restart-Triggers = lib.optional (u.restartTriggers != [ ]) (digest u.restartTriggers);
    X-Reload-Triggers = lib.optional (u.reloadTriggers != [ ]) (digest u.reloadTriggers);
    X-RestartIfChanged = lib.optional (!(u.restartIfChanged or true)) false;
    X-ReloadIfChanged = lib.optional (u.reloadIfChanged or false) true;
    X-StopIfChanged = lib.optional (!(u.stopIfChanged or true)) false;
  } // u.unitConfig;

  script = name: part: text: pkgs.writeShellScript "unit-script-${name}-${part}" "set -e\n${text}";
  scripts = name: u: lib.filterAttrs (_: f: f != null) (lib.mapAttrs (part: text: if text == "" then null else script name part text) {
    start = u.script;
    pre-start = u.preStart;
    post-start = u.postStart;
  });
  serviceText = name: u:
    let s = scripts name u; in
    render "Unit" (unitSection "${name}.service" u) + "\n" + render "Service" (u.serviceConfig // {
      Environment = [ "\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"" ]
        ++ lib.mapAttrsToList (key: v: "\"${key}=${lib.replaceStrings [ "\\" "\"" "%" ] [ "\\\\" "\\\"" "%%" ] (toString v)}\"") (lib.filterAttrs (_: v: v != null) u.environment)
        ++ lib.toList (u.serviceConfig.Environment or [ ]);
    } // lib.optionalAttrs (s ? start) { ExecStart = "${s.start}"; }
    // lib.optionalAttrs (s ? pre-start) { ExecStartPre = lib.toList (u.serviceConfig.ExecStartPre or [ ]) ++ [ "${s.pre-start}" ]; }
    // lib.optionalAttrs (s ? post-start) { ExecStartPost = lib.toList (u.serviceConfig.ExecStartPost or [ ]) ++ [ "${s.post-start}" ]; });

  tmpfileLines = paths: lib.concatLists (lib.mapAttrsToList
    (path: kinds: lib.mapAttrsToList (kind: s: "${kind} ${path} ${s.mode} ${s.user} ${s.group} ${s.age} ${s.argument}") kinds)
    paths);
  services = lib.filterAttrs (_: u: u.enable) config.systemd.services;
  timers = lib.filterAttrs (_: u: u.enable) config.systemd.timers;
  paths = lib.filterAttrs (_: u: u.enable) config.systemd.paths;
  named = kind: lib.mapAttrs' (name: lib.nameValuePair "${name}.${kind}");
  startedBy = u: lib.any (lib.hasSuffix ".target") (u.wantedBy ++ u.requiredBy);
in
{
  options.systemd = {
    services = option (t.attrsOf service) { };
    timers = option (t.attrsOf timer) { };
    paths = option (t.attrsOf path) { };
    tmpfiles.rules = words;
    # file -> path -> type (`d`, `f`, ...) -> what tmpfiles.d(5) wants to know
    tmpfiles.settings = option (t.attrsOf (t.attrsOf (t.attrsOf (t.submodule {
      options = lib.genAttrs [ "mode" "user" "group" "age" "argument" ] (name: option t.str (if name == "argument" then "" else "-"));
    })))) { };
  };

  config = {
    systemd.timers = lib.mapAttrs (_: u: { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = u.startAt; })
      (lib.filterAttrs (_: u: u.startAt != [ ]) config.systemd.services);
    sandbox.store = lib.concatLists (lib.mapAttrsToList (name: u: lib.attrValues (scripts name u)) services);
    sandbox.system = {
      units = named "service" (lib.mapAttrs serviceText services)
        // named "timer" (lib.mapAttrs (name: u: render "Unit" (unitSection "${name}.timer" u) + "\n" + render "Timer" u.timerConfig) timers)
        // named "path" (lib.mapAttrs (name: u: render "Unit" (unitSection "${name}.path" u) + "\n" + render "Path" u.pathConfig) paths);
      wanted = lib.concatLists (lib.mapAttrsToList (kind: units: lib.attrNames (named kind (lib.filterAttrs (_: startedBy) units)))
        { service = services; timer = timers; path = paths; });
      tmpfiles = config.systemd.tmpfiles.rules ++ lib.concatMap tmpfileLines (lib.attrValues config.systemd.tmpfiles.settings);
    };
  };
}
