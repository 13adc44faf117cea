#!/usr/bin/env node
import { execFileSync } from "node:child_process";
import { defineCommand, runMain } from "citty";
import { exportStack } from "./doctor/stackExport";
import { plainText } from "./doctor/state";
import { isWithoutProxmox, stateFiles } from "./heal/files";
import { findings, named } from "./heal/gone";
import { loginStdin, readState, resourcesOf, type State, thingOf, without } from "./heal/state";
import { unlock } from "./heal/unlock";
import { openProxmox, type ProxmoxClient } from "./proxmox/client";
import { readProxmoxApi } from "./proxmox/input";

/**
 * What `make up`, `make refresh` and `make destroy` do before the engine. One that was killed left a lock. And its Proxmox provider can neither
 * read nor delete a user, a token or (to delete) a machine that is not there any more, and would end with an error.
 */
const command = defineCommand({
  meta: {
    name: "heal",
    description:
      "Lifts the lock of a run of this machine that was killed, and forgets what somebody removed at Proxmox by hand: users, tokens, roles",
  },
  args: {
    stack: { type: "string", required: true, description: "name of the stack" },
    machines: { type: "boolean", default: false, description: "machines too: for a stack that is to be destroyed" },
  },
  async run({ args: { stack, machines } }) {
    const files = stateFiles(stack);
    if (files !== undefined) unlock(stack, files.locks);
    if (files !== undefined && isWithoutProxmox(files.state)) return;
    const state = stateOf(stack);
    const client = state && (await openLogin(stack, state));
    if (state === undefined || client === undefined) return;
    try {
      await heal(client, { stack, state, machines });
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
      process.exitCode = 1;
    } finally {
      client.close();
    }
  },
});

async function heal(
  client: ProxmoxClient,
  { stack, state, machines }: { stack: string; state: State; machines: boolean },
): Promise<void> {
  const kept = resourcesOf(state).flatMap((resource) => {
    const thing = thingOf(resource);
    const asked = thing !== undefined && (machines || (thing.kind !== "vm" && thing.kind !== "lxc"));
    return asked ? [{ resource, thing }] : [];
  });
  const found = await findings(
    client,
    kept.map(({ thing }) => thing),
  );
  for (const [place, { resource, thing }] of kept.entries()) {
    const finding = found[place];
    if (typeof finding !== "object") continue;
    throw new Error(
      `${stack}: ${named(thing)}: that id is now another machine's (${finding.another}): neither its name nor its network card is ours. ` +
        `Nothing was changed. If that is so, forget ours: pulumi state delete --stack ${stack} --target-dependents '${resource.urn}'`,
    );
  }
  const gone = kept.filter((_, place) => found[place] === "gone");
  if (gone.length === 0) return;
  const healed = without(state, new Set(gone.map(({ resource }) => resource)));
  execFileSync("pulumi", ["stack", "import", "--stack", stack], {
    input: JSON.stringify(healed),
    stdio: ["pipe", "ignore", "inherit"],
  });
  for (const { thing } of gone)
    process.stderr.write(`${stack}: ${named(thing)} is gone at Proxmox: forgotten here too\n`);
}

/** Undefined where it cannot be read: the engine, which runs next, says why. */
function stateOf(stack: string): State | undefined {
  try {
    return readState(exportStack(stack));
  } catch {
    return undefined;
  }
}

/** Undefined where nothing of the stack's is at Proxmox, or Proxmox can not be asked; then the engine goes on as it would without us. */
async function openLogin(stack: string, state: State): Promise<ProxmoxClient | undefined> {
  const given = loginStdin(state);
  if (given === undefined || !resourcesOf(state).some((each) => thingOf(each) !== undefined)) return undefined;
  try {
    const stdin = typeof given === "string" ? given : plainText(loginStdin(readState(exportStack(stack, true))));
    return await openProxmox(readProxmoxApi(stdin).api);
  } catch (error) {
    process.stderr.write(`${stack}: what is gone at Proxmox was not looked for: ${(error as Error).message}\n`);
    return undefined;
  }
}

void runMain(command);
