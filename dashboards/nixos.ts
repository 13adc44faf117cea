import { type DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { frame, hosts } from "./frame";
import { above, below, limit, redAbove } from "./limits";
import { lines, linesWithLimit, q, stat, strips, table } from "./panels";

const node = `job="node", host=~"$host"`;
const store = `${node}, mountpoint=~"/nix|/nix/store|/"`;

const ageDays = `(time() - nixos_nixpkgs_timestamp_seconds{${node}}) / 86400`;
const ageAt = above(limit("NixosNixpkgsOld", "days"));
const generationsAt = above(limit("NixosGenerationsPiling", "generations"));

/** What the hosts are built from and whether they run what they should. */
export function nixos(): DashboardBuilder {
  return frame("nixos", "NixOS state", "What each host runs, how old it is and whether it would boot the same")
    .withVariable(hosts("nixos_system_info"))
    .withPanel(stat("Hosts to reboot", units.Short, above(1), q(`sum(nixos_reboot_required{${node}})`, "")).span(6))
    .withPanel(
      stat(
        "Would boot something else",
        units.Short,
        redAbove(1),
        q(`count(nixos_running_is_boot_default{${node}} == 0) or vector(0)`, ""),
      ).span(6),
    )
    .withPanel(
      stat("Oldest nixpkgs", units.Days, ageAt, q(`max(${ageDays})`, ""))
        .span(6)
        .decimals(0),
    )
    .withPanel(
      stat(
        "Failed units",
        units.Short,
        redAbove(1),
        q(`sum(node_systemd_unit_state{${node}, state="failed"})`, ""),
      ).span(6),
    )

    .withPanel(
      table(
        "Hosts",
        units.Short,
        { host: "Host", version: "NixOS", kernel: "Kernel" },
        { title: "Generation", unit: units.NoUnit, expr: withVersion(`nixos_system_generation{${node}}`) },
        {
          title: "Generations kept",
          unit: units.Short,
          expr: withVersion(`nixos_system_generations{${node}}`),
          at: generationsAt,
        },
        { title: "nixpkgs is", unit: units.Days, expr: withVersion(ageDays), at: ageAt },
        { title: "Reboot needed", unit: units.Bool, expr: withVersion(`nixos_reboot_required{${node}}`), at: above(1) },
        {
          title: "Boots what runs",
          unit: units.Bool,
          expr: withVersion(`nixos_running_is_boot_default{${node}}`),
          at: below(1),
        },
      ),
    )

    .withRow(new RowBuilder("Over time"))
    .withPanel(
      lines("Generation", units.NoUnit, q(`nixos_system_generation{${node}}`)).description("A step is a deployment."),
    )
    .withPanel(linesWithLimit("Age of nixpkgs", units.Days, ageAt, q(ageDays)).min(0))
    .withPanel(
      lines(
        "Disk space beside the store",
        units.BytesIEC,
        q(`min by (host) (node_filesystem_avail_bytes{${store}})`),
      ).description("Free space of the filesystem that holds /nix."),
    )
    .withPanel(strips("Boots what runs", units.Bool, below(1), q(`nixos_running_is_boot_default{${node}}`)).span(12));
}

/** Adds the release and kernel of the host, so that all columns share their labels. */
function withVersion(expr: string): string {
  return `max by (host, version, kernel) (${expr} * on (host) group_left (version, kernel) nixos_system_info{${node}})`;
}
