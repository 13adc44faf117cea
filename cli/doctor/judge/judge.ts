import { explain, type Judged, join, type Note } from "../result";
import { judgeCollector } from "./collector";
import { judgeHosts } from "./host";
import { judgeIdentity } from "./identity";
import { judgeProxmox } from "./proxmox";
import { judgeSecrets } from "./secrets";
import { judgeSites } from "./sites";
import type { Situation } from "./situation";
import { judgeStorage } from "./storage";
import { judgeTargets } from "./targets";

const judges = [
  judgeHosts,
  judgeTargets,
  judgeSecrets,
  judgeIdentity,
  judgeProxmox,
  judgeSites,
  judgeCollector,
  judgeStorage,
];

export interface Diagnosis {
  results: Judged[];
  notes: Note[];
}

/** From what is known to what is wrong. Pure: the same facts give the same findings. */
export function diagnose(situation: Situation): Diagnosis {
  const { results, notes } = join(judges.map((judge) => judge(situation)));
  return { results: explain(results), notes };
}
