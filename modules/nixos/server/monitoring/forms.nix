# Forms of values, as plan/duration.ts, plan/address.ts and plan/optionChecks.ts know them: each has `is`, and `want` for messages. The
# tests of both languages run test/cases/values.json.
{ lib }:
let
  is = pattern: text: builtins.match pattern text != null;
  both = f: g: text: f text && g text;

  # Prometheus counts in 64-bit nanoseconds; more milliseconds than these overflow there
  longest = 9007199254740;
  # no lib.toInt: it refuses leading zeros
  number = digits: lib.foldl' (sum: digit: if sum > longest then sum else sum * 10 + builtins.fromJSON digit) 0 (lib.stringToCharacters digits);
  units = [
    { unit = "y"; ms = 31536000000; }
    { unit = "w"; ms = 604800000; }
    { unit = "d"; ms = 86400000; }
    { unit = "h"; ms = 3600000; }
    { unit = "m"; ms = 60000; }
    { unit = "s"; ms = 1000; }
    { unit = "ms"; ms = 1; }
  ];
  # each unit at most once, largest first
  duration = lib.concatMapStrings ({ unit, ... }: "(([0-9]+)${unit})?") units;
  # length in milliseconds, null where the text is no Prometheus duration
  durationMs = text:
    let
      found = if text == "" then null else builtins.match duration text;
      digits = index: let part = lib.elemAt found (2 * index + 1); in if part == null then "0" else part;
      # no product of two large numbers: Nix' are 64 bits wide
      length = index: { ms, ... }: let count = number (digits index); in if count > longest / ms then longest + 1 else count * ms;
      total = lib.foldl' (sum: part: sum + part) 0 (lib.imap0 length units);
    in
    if found == null || total > longest then null else total;

  label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  isHostName = is label;
  isDomain = both (text: lib.stringLength text <= 253) (is "(${label}\\.)+${label}");
  isPort = digits: is "[0-9]{1,5}" digits && number digits >= 1 && number digits <= 65535;

  octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  isIPv4 = is "${octet}(\\.${octet}){3}";
  isIPv6 = text:
    let
      # an IPv4 address may stand for the last two words
      tail = builtins.match "(.*:)([0-9.]+)" text;
      plain = if tail != null && isIPv4 (lib.last tail) then "${lib.head tail}0:0" else text;
      halves = lib.splitString "::" plain;
      words = lib.concatMap (half: if half == "" then [ ] else lib.splitString ":" half) halves;
    in
    lib.all (is "[0-9a-fA-F]{1,4}") words
    && (if lib.length halves == 1 then lib.length words == 8 else lib.length halves == 2 && lib.length words < 8);
  isAddress = text: isIPv4 text || isIPv6 text;
in
{
  inherit durationMs;
  retention = {
    is = text: let length = durationMs text; in length != null && length >= 86400000;
    want = "a duration of a day or more, such as 90d or 1y6w (units y, w, d, h, m, s, ms, largest first)";
  };
  size = { is = is "[1-9][0-9]*(MB|GB|TB)"; want = "a size such as 512MB or 50GB"; };
  domain = { is = isDomain; want = "a domain name in small letters, such as app.example.net"; };
  upstream = {
    is = text:
      let
        found = builtins.match "(.+):([0-9]+)" text;
        host = lib.head found;
        bracketed = lib.removeSuffix "]" (lib.removePrefix "[" host);
      in
      found != null && isPort (lib.last found) && (if host == "[${bracketed}]" then isIPv6 bracketed else isHostName host || isDomain host);
    want = "host:port, an IPv6 address in brackets";
  };
  address = { is = isAddress; want = "an IPv4 or IPv6 address"; };
  range = {
    is = text:
      let parts = lib.splitString "/" text; bits = lib.last parts; most = if isIPv4 (lib.head parts) then 32 else 128; in
      lib.length parts == 2 && isAddress (lib.head parts) && is "[0-9]{1,3}" bits && number bits <= most;
    want = "a range: an address, / and the number of bits";
  };
  path = { is = lib.hasPrefix "/"; want = "a path that begins with /"; };
  secretName = { is = is "[A-Za-z_][A-Za-z0-9_-]*"; want = "a name of letters, digits, - and _"; };
}
