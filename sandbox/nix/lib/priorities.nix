# Marks that a module puts on a definition: whether it counts, how strongly, and in which order.
rec {
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkOrder = priority: content: { _type = "order"; inherit priority content; };

  # the lower number wins; a plain definition has 100
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;
  # the lower number comes first; a plain definition has 1000
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
}
