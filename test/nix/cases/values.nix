# The table test/cases/values.json, which the TypeScript tests run too: what is a duration, a size, a domain, ...
{ lib, same, ... }:
let
  forms = import ../../../modules/nixos/server/monitoring/forms.nix { inherit lib; };
  table = lib.importJSON ../../cases/values.json;
  judge = kind: if kind == "duration" then forms.durationMs else forms.${kind}.is;
  # the form is judged as a whole; a difference shows which text
  run = kind: texts: same "what is a ${kind}, as TypeScript sees it" (lib.mapAttrs (text: _: judge kind text) texts) texts;
in
lib.mapAttrsToList run table
