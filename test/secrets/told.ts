import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { eventually, must } from "../engine/sandbox";
import { bridge, letIn, recorded, recorderPort, talkUser } from "./vault";

/** A request to one of those who are told of alerts; the recorder plays them all. */
export interface Recorded {
  at: number;
  path: string;
  authorization?: string;
  body: string;
  /** HTTP status. */
  answered: number;
}

/** How somebody who is told is reached: path, login. */
export type Door = [path: string, login: string | null];

/** From now on the recorder refuses who does not come by one of these. */
export function demand(doors: readonly Door[]): void {
  writeFileSync(`${letIn}.new`, JSON.stringify(doors), { mode: 0o600 });
  renameSync(`${letIn}.new`, letIn);
}

/** What the recorder answers to somebody who comes this way. */
export function knock([path, login]: Door): number {
  const options = [
    `url = "http://${bridge}:${recorderPort}${path}"`,
    ...(login ? [`header = "Authorization: ${login}"`] : []),
  ];
  const words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "{}", "-K", "-"];
  return Number(must(words, { input: options.join("\n") }).stdout);
}

export function recordedRequests(): Recorded[] {
  try {
    const lines = readFileSync(recorded, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Recorded);
  } catch {
    return []; // nothing came yet
  }
}

/** Waits until the recorder has a request that fits. */
export function requestComes(seconds: number, fits: (request: Recorded) => boolean): Promise<Recorded[]> {
  const look = () => recordedRequests().filter(fits);
  return eventually(seconds, look, (requests) => requests.length > 0);
}

/** The ways to those who are told, by these secrets. */
export function doors(made: Record<string, string>, { talk, heartbeat }: { talk: string; heartbeat: string }): Door[] {
  const login = `Basic ${Buffer.from(`${talkUser}:${talk}`).toString("base64")}`;
  return [
    [`/api/webhook/${made["home-assistant-webhook"]}`, null],
    ["/ocs/v2.php/apps/spreed/api/v1/chat/room1", login],
    [heartbeat, null],
  ];
}
