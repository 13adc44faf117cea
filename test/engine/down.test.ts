import { must } from "./sandbox";

/** Everything of the sandbox that the kernel or the disk still knows. */
function leftovers(): string[] {
  const looks: Record<string, string> = {
    process: "pgrep -af 'systemd-nspawn.*nixmon-|sandbox/proxmox/main' || true",
    mount: "grep nixmon-sandbox /proc/mounts || true",
    namespace: "ip netns list | grep nixmon || true",
    link: "ip -o link | grep nixmon0 || true",
    file: "ls -d /var/lib/nixmon-sandbox 2>/dev/null || true",
  };
  return Object.entries(looks).flatMap(([kind, script]) => {
    const found = must(["sh", "-c", script]).stdout.split("\n");
    // the look itself has its own words on its command line
    return found.some((line) => line !== "" && !line.includes("pgrep")) ? [kind] : [];
  });
}

test("sandbox-down leaves no process, mount, namespace, link or file, also when the simulated API was killed before", () => {
  expect(leftovers()).toEqual(["process", "mount", "namespace", "link", "file"]);
  must(["sh", "-c", "kill -KILL $(cat /var/lib/nixmon-sandbox/proxmox/pid)"]);
  must(["sandbox/down.sh"]);
  expect(leftovers()).toEqual([]);
});
