import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { eventually, root, run, samples } from "./sandbox";

/** Names and addresses of the reference cluster, as the page has them, and those of the sandbox. */
function inSandbox(command: string): string {
  return command
    .replaceAll("10.0.0.", "10.231.77.")
    .replaceAll("pve.example.net:8006", "10.231.77.1:8006")
    .replaceAll("pve.example.net", "10.231.77.1")
    .replaceAll("example.net", "sandbox.test");
}

const page = readFileSync(resolve(root, "docs/troubleshooting.md"), "utf8");
/** Each line of each block that names a host. */
const commands = [...page.matchAll(/^```sh (\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, host = "", block = ""]) =>
  block
    .trim()
    .split("\n")
    .map((line): [string, string] => [host, line]),
);

const onHost = (host: string, command: string) =>
  run(["sandbox/hosts/machine.sh", "exec", host, "bash", "-o", "pipefail", "-c", inSandbox(command)]);

/** Exit code and output of some commands on one host, asked in one go. */
function answers(host: string, lines: readonly string[]): { code: number; output: string }[] {
  const one = (line: string) =>
    `output=$(${inSandbox(line)}); printf '%s\\t%s\\n' $? "$(printf %s "$output" | base64 -w0)"`;
  const { stdout } = onHost(host, lines.map(one).join("\n"));
  return stdout
    .trimEnd()
    .split("\n")
    .map((answer) => {
      const [code = "", output = ""] = answer.split("\t");
      return { code: Number(code), output: Buffer.from(output, "base64").toString() };
    });
}

const hosts = [...new Set(commands.map(([host]) => host))];
const linesOf = (host: string) => commands.filter(([one]) => one === host).map(([, line]) => line);

test("the page has commands for three hosts", () => {
  expect(hosts.sort()).toEqual(["nixcloud", "nixio", "nixmon"]);
});

test.each(hosts)("each command for %s ends well there and says something", async (host) => {
  const lines = linesOf(host);
  // some counters are there only after the first log line or scrape
  const silent = () => {
    const found = answers(host, lines);
    return lines.filter((_, index) => found[index]?.code !== 0 || found[index]?.output === "");
  };
  await expect(eventually(40, silent, (left) => left.length === 0)).resolves.toEqual([]);
});

test("control: the seed's name of Alertmanager's unit, which NixOS does not know, and silence would be found", () => {
  const found = answers("nixmon", ["systemctl status --no-pager prometheus-alertmanager.service", "true", "echo said"]);
  expect(found.map(({ code, output }) => [code === 0, output])).toEqual([
    [false, ""],
    [true, ""],
    [true, "said"],
  ]);
});

test("both ends of the OAuth secret give the same sum", () => {
  const sums = commands.filter(([, command]) => command.startsWith("sha256sum "));
  const words = sums.map(([host, command]) => onHost(host, command).stdout.split(" ")[0]);
  expect(words).toHaveLength(2);
  expect(words[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(words[0]).toBe(words[1]);
});

test("control: from another host than the primary an exporter is out of reach, as the page says", () => {
  expect(samples('up{job="node",host="nixio"} == 1')).toHaveLength(1);
  expect(onHost("nixcloud", "curl -fsS --max-time 3 http://10.0.0.12:9100/metrics").code).not.toBe(0);
});
