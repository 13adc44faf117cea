import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { archive } from "../../../cli/push/archive";
import { hostPayload, makePayload } from "../../../cli/push/payload";
import { packageRoot, productFiles, releaseHash } from "../../../cli/push/release";
import type { HostData } from "../../../plan/types";

// The payload looks at nothing in the data but whether the host is a collector.
const exporterHost = { schema: 1, host: "nixio", collector: null } as HostData;

describe("payload", () => {
  test("holds the agent, the entry module, the modules, the host's data, the list and its hash", () => {
    const paths = hostPayload(exporterHost).files.map((file) => file.path);
    expect(paths).toEqual(expect.arrayContaining(["agent", "default.nix", "host.json", "files.sha256", "hash"]));
    expect(paths).toContain("modules/nixos/server/monitoring/exporters/catalog.json");
    expect(paths.filter((path) => path.startsWith("dashboards/"))).toEqual([]);
  });

  test("the same content has the same hash in any order, other content another one", () => {
    const a = { path: "a", content: Buffer.from("1") };
    const b = { path: "b/c", content: Buffer.from("2") };
    expect(makePayload([b, a]).hash).toBe(makePayload([a, b]).hash);
    expect(makePayload([b], [a]).hash).toBe(makePayload([a], [b]).hash);
    expect(makePayload([a, b]).hash).not.toBe(makePayload([a, { ...b, content: Buffer.from("3") }]).hash);
    expect(makePayload([a, b]).hash).not.toBe(makePayload([a, { ...b, path: "b/d" }]).hash);
  });

  test("a path that sha256sum would escape is refused", () => {
    expect(() => makePayload([{ path: "a\nb", content: Buffer.from("") }])).toThrow('"a\\nb" cannot be sent');
    expect(() => makePayload([{ path: "/etc/passwd", content: Buffer.from("") }])).toThrow("cannot be sent");
  });

  test("what many hosts get comes first and is the same bytes, each host's own behind it", async () => {
    const [one, two] = [hostPayload(exporterHost), hostPayload({ ...exporterHost, host: "nixcloud" })];
    expect(two.product).toBe(one.product);
    const [packed, other] = [await archive(one.product, one.own), await archive(two.product, two.own)];
    const same = packed.findIndex((byte, at) => byte !== other[at]);
    expect(same).toBeGreaterThan(packed.length / 2);
    expect(gunzipSync(other).includes('"host":"nixcloud"')).toBe(true);
    expect(gunzipSync(other).includes('"host":"nixio"')).toBe(false);
  });

  test("the archive is the same bytes each time, and sha256sum finds every file as listed", async () => {
    const payload = hostPayload(exporterHost);
    const packed = await archive(payload.product, payload.own);
    expect((await archive([...payload.product], payload.own)).equals(packed)).toBe(true);
    const folder = mkdtempSync(join(tmpdir(), "nixmon-test-"));
    try {
      writeFileSync(join(folder, "p.tar.gz"), packed);
      execFileSync("tar", ["-xzf", "p.tar.gz"], { cwd: folder });
      execFileSync("sh", ["-c", "sha256sum --strict --quiet -c files.sha256"], { cwd: folder });
      const hash = execFileSync("sh", ["-c", "sha256sum <files.sha256 | cut -c1-64"], {
        cwd: folder,
        encoding: "utf8",
      });
      expect(hash.trim()).toBe(payload.hash);
      expect(execFileSync("cat", ["hash"], { cwd: folder, encoding: "utf8" })).toBe(payload.hash);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("release", () => {
  const root = packageRoot();

  test("is a hash over the product's files, read once a process", () => {
    expect(releaseHash(root)).toMatch(/^[0-9a-f]{64}$/);
    expect(productFiles(root)).toBe(productFiles(root));
  });

  test("a package without its agent says that it is not whole", () => {
    expect(() => packageRoot(tmpdir())).toThrow("holds agent/nixmon-agent");
  });
});
