import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface MachineSpec {
  name: string;
  /** Address with prefix length, "10.231.77.12/24". */
  address: string;
  gateway: string;
  mac: string;
  template: string;
  /** Public keys, one per line, as authorized_keys holds them. */
  authorizedKeys: string;
}

/** What stands behind "start" and "destroy": in the sandbox a systemd container, in tests nothing. */
export interface Hypervisor {
  /** Boots the machine, making it when it is new; resolves when its sshd answers. */
  start(spec: MachineSpec): Promise<void>;
  stop(name: string): Promise<void>;
  destroy(name: string): Promise<void>;
  running(name: string): boolean;
  /** A small file of the guest, as its agent would read it; undefined when it is not there. */
  readFile(name: string, path: string): string | undefined;
}

/** Sandbox hosts through sandbox/hosts/machine.sh. */
export class SandboxHosts implements Hypervisor {
  constructor(
    private readonly script: string,
    private readonly stateFolder: string,
  ) {}

  private run(...words: string[]): Promise<void> {
    return new Promise((done, failed) => {
      execFile("sh", [this.script, ...words], { timeout: 180_000 }, (error, _out, err) => {
        if (error) failed(new Error(err.trim() || error.message));
        else done();
      });
    });
  }

  async start(spec: MachineSpec): Promise<void> {
    const folder = join(this.stateFolder, "proxmox", "cloud-init");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const keys = join(folder, spec.name);
    writeFileSync(keys, spec.authorizedKeys.endsWith("\n") ? spec.authorizedKeys : `${spec.authorizedKeys}\n`, {
      mode: 0o600,
    });
    const options = {
      "--ip": spec.address,
      "--gateway": spec.gateway,
      "--mac": spec.mac,
      "--template": spec.template,
      "--authorized-keys": keys,
    };
    await this.run(
      "up",
      spec.name,
      ...Object.entries(options)
        .filter(([, value]) => value !== "")
        .flat(),
    );
  }

  stop(name: string): Promise<void> {
    return this.run("stop", name);
  }

  async destroy(name: string): Promise<void> {
    await this.run("down", name);
    rmSync(join(this.stateFolder, "proxmox", "cloud-init", name), { force: true });
  }

  running(name: string): boolean {
    try {
      const pid = readFileSync(join(this.stateFolder, "machines", name, "pid"), "utf8").trim();
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(
        `--directory=${join(this.stateFolder, "machines", name, "root")}\0`,
      );
    } catch {
      return false; // no such machine, or its process has ended
    }
  }

  readFile(name: string, path: string): string | undefined {
    const file = join(this.stateFolder, "machines", name, "root", path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }
}
