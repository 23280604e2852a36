import { parseWords, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { check, type Input } from "./check.ts";
import { readNamespace } from "./namespace.ts";
import { readOwn } from "./own-deployments.ts";
import { readInputs } from "./read.ts";
import { InputError } from "./resource.ts";
import type { Finding } from "./rule.ts";
import { rules } from "./rules.ts";

const HELP = `npm run doctor -- [FOLDER | FILE | -]… [options]

Reads what is deployed or about to be, and names each setting that loses, stalls, repeats or exposes events in silence: manifests of Kubernetes
and Dapr, kustomizations (rendered by kubectl), the file of dapr run -f, a template or a stack of AWS, the plan of deploy/gcloud. - is
standard input. Without a path: all that this project deploys.

  --namespace NS  a live namespace, read by kubectl (no Secrets)
  --json          a list of the problems
  --rules         the rules, one a line
  --help          this text

Silent, and exit code 0, when all is well. Else one line a problem: file:line rule what: why. Fix: …, and exit code 1. 2 when it was asked for
wrongly, or something could not be read.
`;

/** What the system says of a path that is no use: may not be read, is a ring of links, goes while it is read, is too large. */
const UNREADABLE = new Set([
  "EACCES",
  "EPERM",
  "ELOOP",
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ERR_FS_FILE_TOO_LARGE",
  "ERR_STRING_TOO_LONG",
]);

const COMMAND = "npm run doctor";
const print = (text: string) => process.stdout.write(`${text}\n`);
const warn = (text: string) => process.stderr.write(`${text}\n`);

try {
  const { values, words } = parseWords({
    command: COMMAND,
    options: {
      namespace: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
      rules: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else if (values.rules) for (const { id, effect, why } of rules) print(`${id} (${effect}): ${why}`);
  else report(check(read(words, values.namespace)), values.json);
} catch (error) {
  const { code = "", message } = error as Error & { readonly code?: string };
  if (error instanceof UsageError) reportUsage(error, COMMAND);
  else if (error instanceof InputError || UNREADABLE.has(code)) {
    warn(message);
    process.exitCode = 2;
  } else throw error;
}

function read(paths: readonly string[], namespaces: readonly string[]): Input {
  if (paths.length + namespaces.length === 0) return readOwn();
  const { deployments, sources } = readInputs(paths, warn);
  return { deployments: [...deployments, ...namespaces.map(readNamespace)], sources };
}

function report(findings: readonly Finding[], isJson: boolean): void {
  if (isJson) print(JSON.stringify(findings.map(toJson), null, 2));
  else for (const each of findings) print(toLine(each));
  if (findings.length > 0) process.exitCode = 1;
}

function toLine({ file, line, rule, what }: Finding): string {
  return `${file}${line === undefined ? "" : `:${line}`} ${rule.id} ${what}: ${rule.why}. Fix: ${rule.fix}`;
}

function toJson({ file, line, rule: { id, effect, why, source, fix }, what }: Finding): object {
  return { file, line, rule: id, effect, what, why, source, fix };
}
