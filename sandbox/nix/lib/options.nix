# Option declarations.
{ lib }:
let
  inherit (lib) concatStringsSep getAttrFromPath setAttrByPath;
in
{
  mkOption = declaration: declaration // { _type = "option"; };
  isOption = x: builtins.isAttrs x && x._type or null == "option";
  mkEnableOption = what: lib.mkOption { type = lib.types.bool; default = false; description = "Whether to enable ${what}."; };
  mkPackageOption = pkgs: name: _: lib.mkOption { type = lib.types.package; default = pkgs.${name}; };
  literalExpression = text: { _type = "literalExpression"; inherit text; };
  showOption = concatStringsSep ".";

  # an option that is gone: setting it fails an assertion that says what to do
  mkRemovedOptionModule = path: instead: { options, ... }: {
    options = setAttrByPath path (lib.mkOption {
      visible = false;
      apply = _: throw "The option `${concatStringsSep "." path}` has been removed. ${instead}";
    });
    config.assertions = [
      {
        assertion = !(getAttrFromPath path options).isDefined;
        message = "The option `${concatStringsSep "." path}` has been removed. ${instead}";
      }
    ];
  };
}
