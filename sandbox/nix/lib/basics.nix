# Lists and attribute sets.
let
  inherit (builtins) attrNames concatLists elem elemAt filter foldl' genList hasAttr head isAttrs isList length listToAttrs map tail;
in
rec {
  inherit (builtins)
    all any attrNames attrValues concatLists concatMap elem elemAt filter foldl' functionArgs genList hasAttr head isAttrs isBool isFunction
    isInt isList isString length listToAttrs map mapAttrs sort tail zipAttrsWith intersectAttrs;

  id = x: x;
  const = x: _: x;
  flip = f: a: b: f b a;
  pipe = foldl' (x: f: f x);

  last = list: elemAt list (length list - 1);
  init = list: genList (elemAt list) (length list - 1);
  drop = count: list: if count >= length list then [ ] else genList (n: elemAt list (n + count)) (length list - count);
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  optionalAttrs = condition: set: if condition then set else { };
  toList = x: if isList x then x else [ x ];
  flatten = x: if isList x then concatLists (map flatten x) else [ x ];
  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
  reverseList = list: genList (n: elemAt list (length list - 1 - n)) (length list);
  imap0 = f: list: genList (n: f n (elemAt list n)) (length list);
  range = from: to: if from > to then [ ] else genList (n: from + n) (to - from + 1);
  findFirst = wanted: default: list:
    let found = filter wanted list; in if found == [ ] then default else head found;
  subtractLists = unwanted: filter (x: !(elem x unwanted));

  nameValuePair = name: value: { inherit name value; };
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  filterAttrs = wanted: set:
    listToAttrs (map (name: nameValuePair name set.${name}) (filter (name: wanted name set.${name}) (attrNames set)));
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  concatMapAttrs = f: set: foldl' (merged: name: merged // f name set.${name}) { } (attrNames set);
  mergeAttrsList = foldl' (a: b: a // b) { };
  getAttrs = names: set: genAttrs names (name: set.${name});
  isDerivation = x: isAttrs x && x.type or null == "derivation";

  attrByPath = path: default: set:
    if path == [ ] then set
    else if isAttrs set && hasAttr (head path) set then attrByPath (tail path) default set.${head path}
    else default;
  hasAttrByPath = path: set:
    path == [ ] || (isAttrs set && hasAttr (head path) set && hasAttrByPath (tail path) set.${head path});
  getAttrFromPath = path: attrByPath path (throw "no attribute ${builtins.concatStringsSep "." path}");
  setAttrByPath = path: value:
    if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };

  # the right side wins wherever one of the two is not an attribute set
  recursiveUpdate = left: right:
    if isAttrs left && isAttrs right
    then left // builtins.mapAttrs (name: value: if hasAttr name left then recursiveUpdate left.${name} value else value) right
    else right;
}
