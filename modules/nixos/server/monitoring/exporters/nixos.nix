# State of NixOS for node_exporter's textfile collector: what runs, what would boot, how old it is (read by alerts/nixos.yaml).
{ config, lib, ... }:
let
  # relative to /var/lib, the folder that node.nix names
  folder = "nixmon/textfile";
in
{
  config = lib.mkIf (config.server.monitoring.running ? node) {
    systemd.timers.nixmon-nixos-state = {
      description = "State of NixOS as metrics, each minute";
      wantedBy = [ "timers.target" ];
      timerConfig = { OnActiveSec = "1s"; OnUnitActiveSec = "1min"; AccuracySec = "5s"; };
    };
    systemd.services.nixmon-nixos-state = {
      description = "State of NixOS as metrics";
      script = ''
        current=/run/current-system booted=/run/booted-system profile=/nix/var/nix/profiles/system
        file=/var/lib/${folder}/nixos.prom
        gauge() { printf '# HELP nixos_%s %s.\n# TYPE nixos_%s gauge\nnixos_%s%s %s\n' "$1" "$2" "$1" "$1" "$3" "$4"; }
        # 1 where the command fails
        unless() { if "$@"; then echo 0; else echo 1; fi; }
        same() { [ "$(readlink -f "$1")" = "$(readlink -f "$2")" ]; }
        same_kernel() { for part in kernel initrd kernel-modules; do same "$booted/$part" "$current/$part" || return 1; done; }

        version=$(head -n 1 "$current/nixos-version" | sed 's/[\\"]/\\&/g')
        kernel=$(uname -r | sed 's/[\\"]/\\&/g')
        set -- "$profile"-[0-9]*-link
        [ -L "$1" ] || shift
        {
          gauge system_info "Release and running kernel, always 1" "{version=\"$version\",kernel=\"$kernel\"}" 1
          gauge system_generation "Number of the generation that is the boot default" "" "$(readlink "$profile" | sed 's/.*-\([0-9]*\)-link$/\1/')"
          gauge system_generations "Generations that are kept" "" "$#"
          # in a container the kernel is not the system's own: there is nothing to compare, and nothing to reboot for
          gauge reboot_required "1 when kernel, initrd or modules changed since the boot" "" "$(if [ -e "$current/kernel" ]; then unless same_kernel; else echo 0; fi)"
          gauge running_is_boot_default "1 when the running system is the boot default" "" "$(if same "$current" "$profile"; then echo 1; else echo 0; fi)"
          # releases made from a flake have the day of their nixpkgs in their name (26.11.20261101.abc), those of a channel do not
          day=$(expr "$version" : '[0-9][0-9.a-z]*\.\([0-9]\{8\}\)\.' || true)
          if [ -n "$day" ]; then
            gauge nixpkgs_timestamp_seconds "Day of the nixpkgs that the system is made of" "" "$(date -u -d "$day" +%s)"
          fi
        } > "$file.new"
        # the collector must never see half of it
        mv "$file.new" "$file"
      '';
      serviceConfig = {
        Type = "oneshot";
        StateDirectory = folder;
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        PrivateNetwork = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectControlGroups = true;
        RestrictAddressFamilies = "none";
        RestrictSUIDSGID = true;
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        NoNewPrivileges = true;
        CapabilityBoundingSet = "";
        SystemCallFilter = "@system-service";
        UMask = "0022";
      };
    };
  };
}
