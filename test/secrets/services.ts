import { must, onHost } from "../engine/sandbox";
import { address, host } from "./vault";

/** curl on the host with its options by stdin: some of them are secrets. */
function curl(options: Record<string, string>): string {
  const lines = Object.entries(options).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  const words = [
    "sandbox/hosts/machine.sh",
    "exec",
    host,
    "curl",
    "-sk",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    "-K",
    "-",
  ];
  return must(words, { input: lines.join("") }).stdout;
}

/** Whether Kanidm knows Grafana by this secret: it then says that the code is bad (400), else that the client is (401). */
export function acceptedByKanidm(secret = ""): boolean {
  const status = curl({
    url: `https://${address}/oauth2/token`,
    user: `grafana:${secret}`,
    data: "grant_type=authorization_code&code=none&redirect_uri=https%3A%2F%2Fgrafana.sandbox.test%2Flogin%2Fgeneric_oauth",
  });
  if (status !== "400" && status !== "401") throw new Error(`Kanidm answered ${status}, want 400 or 401`);
  return status === "400";
}

/** Whether the host's Redis takes the password. */
export function acceptedByRedis(password: string): boolean {
  const words = [..."sandbox/hosts/machine.sh exec".split(" "), host, "redis-cli"];
  const [answer = ""] = must(words, { input: `AUTH ${password}\nPING\n` }).stdout.split("\n");
  if (answer !== "OK" && !answer.startsWith("WRONGPASS"))
    throw new Error(`Redis answered ${answer}, want OK or WRONGPASS`);
  return answer === "OK";
}

/** Whether the Proxmox VE API lets the token in. */
export function acceptedByProxmox(uuid = ""): boolean {
  const header = `Authorization: PVEAPIToken=monitoring@pve!prometheus=${uuid}`;
  return curl({ url: "https://10.231.77.1:8007/api2/json/nodes", header }) === "200";
}

/** Gives Alertmanager an alert that Home Assistant and Talk are told of. */
export function postAlert(): void {
  const alert = {
    labels: { alertname: "Rotated", severity: "critical", host: "rotated" },
    annotations: { summary: "rotated" },
  };
  must(
    [
      ..."sandbox/hosts/machine.sh exec".split(" "),
      host,
      "curl",
      "-fsS",
      "--json",
      "@-",
      "http://127.0.0.1:9093/api/v2/alerts",
    ],
    { input: JSON.stringify([alert]) },
  );
}

/** When each service of the host was started last, by unit. */
export function unitsStarted(): Record<string, string> {
  const shown = onHost(host, "systemctl show --property=Id --property=InvocationID --property=TriggeredBy '*.service'");
  const pairs = shown
    .split("\n\n")
    .filter((unit) => !/^TriggeredBy=.*\.timer/m.test(unit))
    .map((unit) => [/^Id=(.*)$/m.exec(unit)?.[1], /^InvocationID=(.*)$/m.exec(unit)?.[1]]);
  // without what a timer starts, runs of the agent itself, and what is not the product's
  return Object.fromEntries(
    pairs.sort().filter(([id]) => id && !/^(run-|ssh|nixmon-rollback|systemd-|user@)/.test(id)),
  );
}
