import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { complain, parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { catalogue } from "../../functions/events/index.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import { OURS } from "../entries.ts";
import { HOSTS, toAsyncApi } from "./asyncapi.ts";

const { system } = OURS;

const HELP = `npm run asyncapi -- [options]

Writes what the functions hear and say as an AsyncAPI 3.1 document: topics, events with the schemas of their data, and who sends and
receives what. From the definitions alone: nothing need run.

  --out FILE       there, as YAML where it ends with .yaml or .yml (default: JSON, on standard output)
  --host HOST      with what is true of it alone: ${HOSTS.join(", ")}
  --prefix PREFIX  on a cloud, what names of topics begin with (default ${system.name}-)
  --server URL     of the broker, as kafka://broker.example.com:9092
  --help           this text

Exit code 0 when it was written, 1 when it cannot be, 2 when it was asked for wrongly.
`;

const ROOT = join(import.meta.dirname, "../..");
const COMMAND = "npm run asyncapi";

try {
  const { values, words } = parseWords({
    command: COMMAND,
    options: {
      out: { type: "string" },
      host: { type: "string" },
      prefix: { type: "string" },
      server: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(`${HELP}\n`);
  else {
    const { out, prefix } = values;
    if (words.length > 0) throw new UsageError(`${words[0]}: is no option; --out ${words[0]} writes there`);
    const host = toHost(values.host);
    if (prefix !== undefined && (host === undefined || host === "dapr"))
      throw new UsageError("--prefix: must stand beside --host aws or --host gcloud");
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
    const samples = new Map<EventType, unknown>(catalogue.map((event) => [event, event.sample]));
    const written = toAsyncApi(system, { version, samples, host, prefix, server: toServer(values.server) });
    const text = /\.ya?ml$/.test(out ?? "")
      ? stringify(written, { aliasDuplicateObjects: false, compat: "yaml-1.1" })
      : `${JSON.stringify(written, null, 2)}\n`;
    if (out === undefined) process.stdout.write(text);
    else write(out, text);
  }
} catch (error) {
  complain(error, COMMAND);
}

function toHost(name: string | undefined) {
  const host = HOSTS.find((one) => one === name);
  if (name !== undefined && host === undefined)
    throw new UsageError(`--host: must be one of ${HOSTS.join(", ")}, got ${name}`);
  return host;
}

function toServer(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (!url?.host || url.username || url.password)
    throw new UsageError(
      "--server: must be a URL with a host and without credentials, as kafka://broker.example.com:9092",
    );
  return url;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(`--out ${file}: cannot be written: ${(error as Error).message}`);
  }
}
