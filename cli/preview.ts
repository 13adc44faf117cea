import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineCommand, runMain } from "citty";
import { readLevels } from "../policy/levels";
import { ConfigError } from "../stacks/problems";
import { checkOptions } from "./options";
import { type Base, BaseError, committed, deployed } from "./preview/base";
import { compare } from "./preview/compare";
import { describeStack } from "./preview/describe";
import { commentLimit, fitting } from "./preview/fit";
import { guard } from "./preview/guard";
import { markdown, type Report, reportTitle } from "./preview/markdown";

const say = (text: string): void => console.error(`preview: ${text}`);

const options = {
  stack: { type: "positional", description: "Stack, as in Pulumi.<stack>.yaml", required: true },
  base: {
    type: "string",
    description:
      "Compare with: state (what was last deployed), a branch or commit, or none. Default: state where it is within reach, else none",
    default: "",
  },
  policies: { type: "boolean", description: "Ask the policies, too (--no-policies: do not)", default: true },
  json: { type: "boolean", description: "Print the report as JSON", default: false },
  most: {
    type: "string",
    description: "Characters that the report may have; a longer one is cut after a line",
    default: String(commentLimit),
  },
  describe: {
    type: "boolean",
    description: "Print the plan alone, as JSON, for a comparison with another",
    default: false,
  },
} as const;

const command = defineCommand({
  meta: {
    name: "preview",
    description:
      "Show what a stack's configuration would change, per host, as a comment for a pull request. Needs no host, no Proxmox and no secret. Exit code 1: the configuration is invalid, or a policy refuses it",
  },
  args: options,
  run({ args, rawArgs }) {
    const project = process.cwd();
    try {
      checkOptions(rawArgs, options);
    } catch (error) {
      say((error as Error).message);
      process.exitCode = 1;
      return;
    }
    try {
      const description = describeStack(args.stack, project);
      if (args.describe) return console.log(JSON.stringify(description.hosts));
      const file = `policy/${args.stack}.json`;
      const levels = readLevels(
        file,
        existsSync(join(project, file)) ? readFileSync(join(project, file), "utf8") : undefined,
      );
      const base = baseOf(args.stack, project, args.base);
      const report: Report = {
        stack: args.stack,
        against: base.against,
        hosts: compare(base.hosts, description.hosts),
        violations: args.policies ? guard(description, levels) : [],
        warnings: description.warnings,
      };
      process.stdout.write(
        args.json ? `${JSON.stringify(report, null, 2)}\n` : fitting(markdown(report), Number(args.most)),
      );
      if (report.violations.some(({ level }) => level === "mandatory")) process.exitCode = 1;
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof BaseError)) throw error;
      const { message } = error;
      process.stdout.write(
        args.json
          ? `${JSON.stringify({ stack: args.stack, error: message }, null, 2)}\n`
          : fitting(`${reportTitle(args.stack)}\n\n~~~~text\n${message}\n~~~~\n`, Number(args.most)),
      );
      say(message);
      process.exitCode = 1;
    }
  },
});

function baseOf(stack: string, project: string, asked: string): Base {
  const nothing = { against: "nothing: everything is shown as new", hosts: {} };
  if (asked === "none") return nothing;
  if (asked !== "" && asked !== "state") return committed(stack, project, asked, say);
  try {
    return deployed(stack, project);
  } catch (error) {
    if (asked === "state" || !(error instanceof BaseError)) throw error;
    say(`${error.message}. Everything is shown as new; BASE=<branch> compares with a branch`);
    return nothing;
  }
}

void runMain(command);
