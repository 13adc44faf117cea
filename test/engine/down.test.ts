import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { eventually, must, root } from "./sandbox";

const state = "/var/lib/nixmon-sandbox";

/** Everything of the sandbox that the kernel or the disk still knows. */
function leftovers(): string[] {
  const looks: Record<string, string> = {
    // a sandbox that runs beside this one, see sandbox/apart.sh, has the same paths and another name
    process: `for pid in $(pgrep -f 'systemd-nspawn.*nixmon-|sandbox/proxmox/main.js ${state} |${root}/sandbox/hosts/machine.sh up'); do
      [ $pid = $$ ] || tr '\\0' '\\n' 2>/dev/null </proc/$pid/environ | grep -q '^NIXMON_SANDBOX_NAME=' || ls -d /proc/$pid 2>/dev/null || true; done`,
    mount: "grep nixmon-sandbox /proc/mounts || true",
    namespace: "ip netns list | grep nixmon || true",
    link: "ip -o link | grep nixmon0 || true",
    file: `ls -d ${state} 2>/dev/null || true`,
  };
  return Object.entries(looks).flatMap(([kind, script]) => {
    const found = must(["sh", "-c", script]).stdout.split("\n");
    return found.some((line) => line !== "") ? [kind] : [];
  });
}

test("sandbox-down leaves no process, mount, namespace, link or file, also when the simulated API was killed before", () => {
  expect(leftovers()).toEqual(["process", "mount", "namespace", "link", "file"]);
  must(["sh", "-c", `kill -KILL $(cat ${state}/proxmox/pid)`]);
  must(["sandbox/down.sh"]);
  expect(leftovers()).toEqual([]);
});

test("nor when `make sandbox` was killed while a host booted: who boots it then is ended, too", async () => {
  const machines = `${state}/machines`;
  const going = spawn("sandbox/up.sh", { cwd: root, detached: true, stdio: "ignore" });
  const hosts = () => (existsSync(machines) ? readdirSync(machines).filter((name) => !name.startsWith(".")) : []);
  await eventually(120, hosts, (names) => names.some((name) => existsSync(`${machines}/${name}/spec`)));
  if (going.pid === undefined) throw new Error("unreachable: it made a host");
  process.kill(-going.pid, "SIGKILL");
  expect(leftovers()).toContain("file");
  must(["sandbox/down.sh"]);
  expect(leftovers()).toEqual([]);
});
