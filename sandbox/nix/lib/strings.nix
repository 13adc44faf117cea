# Strings, and what turns values into them.
let
  inherit (builtins) concatStringsSep elemAt filter genList isString length map replaceStrings stringLength substring;
in
rec {
  inherit (builtins) concatStringsSep fromJSON match readFile replaceStrings stringLength substring toJSON;

  importJSON = file: builtins.fromJSON (builtins.readFile file);

  optionalString = condition: text: if condition then text else "";
  concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
  concatMapStrings = concatMapStringsSep "";
  concatStrings = concatStringsSep "";
  concatLines = list: concatMapStrings (line: line + "\n") list;
  concatMapAttrsStringSep = separator: f: set: concatStringsSep separator (map (name: f name set.${name}) (builtins.attrNames set));

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix = suffix: text:
    let from = stringLength text - stringLength suffix; in from >= 0 && substring from (stringLength suffix) text == suffix;
  hasInfix = infix: text: stringLength (replaceStrings [ infix ] [ "" ] text) != stringLength text;
  removePrefix = prefix: text:
    if hasPrefix prefix text then substring (stringLength prefix) (stringLength text - stringLength prefix) text else text;
  removeSuffix = suffix: text:
    if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
  stringToCharacters = text: genList (n: substring n 1 text) (stringLength text);
  # builtins.split wants a regular expression: every character of the separator is taken literally
  splitString = separator: text:
    let literal = concatMapStrings (c: if builtins.match "[A-Za-z0-9\n\t ]" c != null then c else "[${c}]") (stringToCharacters separator); in
    if separator == "^" then throw "splitString: ^ as separator is not supported by the sandbox's lib"
    else filter isString (builtins.split literal text);
  trim = text:
    let m = builtins.match "[ \t\r\n]*(.*[^ \t\r\n])[ \t\r\n]*" text; in if m == null then "" else elemAt m 0;

  toInt = text:
    let n = builtins.fromJSON text; in
    if builtins.isInt n then n else throw "toInt: ${text} is not a whole number";
  boolToString = b: if b then "true" else "false";
  escapeShellArg = x:
    let text = toString x; in
    if builtins.match "[A-Za-z0-9,._+:@%/-]+" text != null then text else "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  escapeShellArgs = list: concatMapStringsSep " " escapeShellArg list;

  getBin = package: package;
  getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname}";
  getExe' = package: program: "${package}/bin/${program}";
}
