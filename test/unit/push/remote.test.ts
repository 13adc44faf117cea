import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import {
  agentCommand,
  agentInput,
  applyCommand,
  confirmCommand,
  ended,
  inCommand,
  lastCommand,
  quote,
  removeWords,
  secretLines,
  serveCommand,
  silenceAllowed,
} from "../../../cli/push/remote";

const shell = (text: string) => execFileSync("sh", ["-c", text], { encoding: "utf8" });

describe("quote", () => {
  test("leaves plain words readable and quotes the rest", () => {
    expect(["build=60", "/a/b-c.d", "", "a b", "it's", "$x"].map(quote)).toEqual([
      "build=60",
      "/a/b-c.d",
      "''",
      "'a b'",
      "'it'\\''s'",
      "'$x'",
    ]);
  });

  test("gives a real shell the same word back, whatever is in it", () => {
    const words = fc.array(
      fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(words, (list) => {
        expect(shell(`printf '%s\\0' ${list.map(quote).join(" ")}`)).toBe(list.map((word) => `${word}\0`).join(""));
      }),
      { numRuns: 60 },
    );
  });

  test("gives the same word back through two shells, as sudo and ssh need it", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 30 }).filter((text) => !text.includes("\0")),
        (word) => {
          expect(shell(`sh -c ${quote(`printf %s ${quote(word)}`)}`)).toBe(word);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("refuses a NUL", () => {
    expect(() => quote("a\0b")).toThrow('"a\\u0000b" holds a NUL');
  });
});

describe("remote commands", () => {
  const hash = "ab".repeat(32);

  test("how the host's configuration is built is said in words of its own, for apply and for remove", () => {
    const limits = { build: 60, activate: 60, gate: 60, confirm: 60 };
    const last = (text: string) =>
      text
        .split("\n")
        .pop()
        ?.replace(/^.*nixmon [0-9a-f]+ /, "");
    expect(last(applyCommand("root", hash, limits))).toBe("build=60 activate=60 gate=60 confirm=60 watch=30");
    expect(last(applyCommand("root", hash, limits, { flake: "/etc/nixos#a b", impure: true }))).toBe(
      "build=60 activate=60 gate=60 confirm=60 watch=30 'flake=/etc/nixos#a b' impure=yes",
    );
    expect(removeWords(60, { flake: "github:me/x#h", overrideInput: "nixmon", buildHost: "root@b" })).toEqual(
      "remove build=60 watch=30 flake=github:me/x#h input=nixmon build-host=root@b".split(" "),
    );
  });

  test("apply unpacks stdin into a folder of its own and runs the agent that came with it", () => {
    expect(applyCommand("root", hash, { build: 1800, activate: 300, gate: 90, confirm: 60 })).toBe(
      `sh -c 'PATH=$PATH:/run/wrappers/bin:/run/current-system/sw/bin
fail() {
  place=/var/lib/nixmon; [ -d $place ] || place=/var/lib
  echo "nixmon-agent: FAILED $(uname -n): step stage: cannot unpack below /var/lib/nixmon ($(df -Pk $place | awk '\\''END { print $4 }'\\'') kB free): $(echo "$why" | head -n 1)
nixmon-agent: STATE $(uname -n): nothing was activated; the host runs generation $(basename "$(readlink /var/lib/nixmon/current || echo none)"), system $(readlink -f /run/current-system)" >&2
  exit 12
}
umask 022
read -r id </proc/sys/kernel/random/uuid && dir=/var/lib/nixmon/incoming.$id && why=$(exec mkdir -p "$dir" 2>&1) || fail
why=$(exec timeout 300 sh -c '\\''read -r length && head -c "$length" | tar -xzf - -C "$0"'\\'' "$dir" 2>&1) || { rm -rf "$dir"; fail; }
exec sh "$dir/agent" apply "$dir" "$@"' nixmon ${hash} build=1800 activate=300 gate=90 confirm=60 watch=30`,
    );
  });

  test("an agent whose deployer fell silent waits no longer than for a confirmation, and half a minute at most", () => {
    const limits = { build: 1, activate: 1, gate: 1 };
    expect(silenceAllowed({ ...limits, confirm: 10 })).toBe(10);
    expect(silenceAllowed({ ...limits, confirm: 3600 })).toBe(30);
  });

  test("confirm runs the agent that apply left behind", () => {
    const limits = { build: 1, activate: 1, gate: 1, confirm: 60 };
    expect(confirmCommand("root", hash, limits)).toBe(`sh /var/lib/nixmon/agent confirm ${hash} watch=30`);
  });

  test("a user other than root goes through sudo that must not ask", () => {
    const limits = { build: 1, activate: 1, gate: 1, confirm: 60 };
    expect(confirmCommand("deploy", hash, limits)).toBe(`sudo -n sh /var/lib/nixmon/agent confirm ${hash} watch=30`);
  });

  test("other commands bring their agent on stdin and put it into no file", () => {
    expect(agentCommand("root", ["targets", "put", "nixio"])).toBe(
      `sh -c 'PATH=$PATH:/run/wrappers/bin:/run/current-system/sw/bin
agent=$(timeout 60 sh -c '\\''read -r length && exec head -c "$length"'\\'') && eval "$agent"' nixmon targets put nixio`,
    );
  });

  test("a real shell runs the agent of stdin with its words, and leaves it the rest of stdin", () => {
    const agent = Buffer.from('main() { printf "%s|" "$@"; cat; }\nmain "$@"\n');
    const output = execFileSync("sh", ["-c", agentCommand("root", ["targets", "it's"])], {
      input: agentInput(agent, "ä rest\n"),
      encoding: "utf8",
    });
    expect(output).toBe("targets|it's|ä rest\n");
  });

  describe("a host that serves", () => {
    const agent = Buffer.from('read -r line; echo "$* $$: $line" >&2; echo "{}"; [ "$1" != fails ] || exit 7\n');
    const serve = (...input: Buffer[]) =>
      spawnSync("sh", ["-c", serveCommand("root")], { input: Buffer.concat(input), encoding: "utf8" });

    test("does one command after another, each a process of its own, and says on both outputs when one went well", () => {
      const { status, stdout, stderr } = serve(inCommand(agent, ["a", "it's"], "1\n"), inCommand(agent, ["b"], "2\n"));
      expect(status).toBe(0);
      expect(stdout).toBe(`{}\n${ended}\n{}\n${ended}\n`);
      const said = /^a it's (\d+): 1\nnixmon-agent: ended\nb (\d+): 2\nnixmon-agent: ended\n$/.exec(stderr);
      expect(said?.[1]).not.toBe(said?.[2]);
    });

    test("ends with the exit code of the first that fails, and does none after it", () => {
      const { status, stdout, stderr } = serve(inCommand(agent, ["fails"], "1\n"), inCommand(agent, ["b"], "2\n"));
      expect([status, stdout]).toEqual([7, "{}\n"]);
      expect(stderr).not.toContain("b ");
    });

    test("runs nothing of a command that did not arrive whole, wherever it was cut; control: whole it runs", () => {
      const command = inCommand(agent, ["targets", "rm", "nixio"], "");
      const cuts = [0, 5, 9, 20, command.length - 20, ...[8, 5, 4, 3, 2, 1].map((less) => command.length - less)];
      for (const cut of cuts) {
        const { status, stdout, stderr } = serve(command.subarray(0, cut));
        expect(`${cut}: ${status === 0} ${stdout}`).toBe(`${cut}: false `);
        expect(stderr).not.toContain("targets");
      }
      expect(serve(command).stderr).toContain("targets rm nixio");
    });

    test("gives the rest of the connection to a last command, which is what a connection of its own would run", () => {
      const last = lastCommand("sh -c 'cat; exit 18'");
      expect(serve(inCommand(agent, ["a"], "1\n"), last, Buffer.from("rest"))).toMatchObject({
        status: 18,
        stdout: `{}\n${ended}\nrest`,
      });
      const limits = { build: 60, activate: 60, gate: 60, confirm: 60 };
      expect(`sudo -n ${applyCommand("root", hash, limits)}`).toBe(applyCommand("deploy", hash, limits));
    });
  });

  test("secrets are lines of key and base64 with an end mark", () => {
    expect(secretLines({ "A/B": "x\ny", C: "ü" })).toBe("A/B\teAp5\nC\tw7w=\n.\n");
  });
});
