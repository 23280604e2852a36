import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { topicsOf } from "../../functions/kernel/define.ts";
import { KEEPER, type System } from "../../functions/kernel/system.ts";
import { BULK } from "./bulk.ts";
import type { Files } from "./rendered.ts";
import { OLDEST } from "./scalar.ts";
import { askedIn } from "./subscriptions.ts";

/** What stands behind a key whose value is the system's, in a file that is otherwise written by hand. */
export const KEPT = "# Kept by `npm run generate`: take this comment out to say something else";

type ToValue = (system: System<never>, path: string) => unknown;

/**
 * What Redis hands to an app at once, all its topics together: a full bulk of each, so that none waits for its whole interval; and
 * where there is but one topic, the next bulk beside the one that the app has.
 *
 * source  dapr/components-contrib, pubsub/redis/redis.go: one queue and one set of workers a component
 */
const toInHand: ToValue = ({ functions }) =>
  String(BULK.maxMessagesCount * Math.max(2, ...functions.map(({ definition }) => topicsOf(definition).length)));

const toNamespace: ToValue = ({ name }, path) => `${name}-${basename(dirname(path))}`;

/** By key. */
const VALUES: ReadonlyMap<string, ToValue> = new Map([
  ["scopes", ({ functions }) => [...functions.map(({ name }) => name), KEEPER]],
  ["apps", toApps],
  ["app.kubernetes.io/part-of", ({ name }) => name],
  ["namespace", toNamespace],
  ["value", toInHand],
  ["name", (system, path) => (path.includes("/overlays/") ? toNamespace(system, path) : system.name)],
]);

/** The files that hold such values, with those of a system. in root: of the project, whose files are read */
export function keep(root: string, system: System<never>): Files {
  const paths = globSync("deploy/{dapr,kubernetes}/**/*.yaml", { cwd: root }).toSorted();
  const texts = paths.map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  return new Map(
    texts.filter(([, text]) => text.includes(KEPT)).map(([path, text]) => [path, fill(text, { path, system })]),
  );
}

interface FillOptions {
  readonly path: string;
  readonly system: System<never>;
}

/** A key with what is behind it, and the lines below that are further in. Not by a document, which would write all else anew. */
const PAIR = new RegExp(`^( *)([\\w./-]+):.*${KEPT}\\n((?:\\1 .*\\n)*)`, "gm");

/** throws: TypeError for a key whose value is not the system's */
export function fill(text: string, { path, system }: FillOptions): string {
  return text.replace(PAIR, (_, indent: string, key: string) => {
    const toValue = VALUES.get(key);
    if (!toValue) throw new TypeError(`${path}: ${key} must be one of ${[...VALUES.keys()].join(", ")}, to be kept`);
    const [first, ...rest] = stringify({ [key]: toValue(system, path) }, OLDEST)
      .trimEnd()
      .split("\n");
    return [`${first} ${KEPT}`, ...rest].map((line) => `${indent}${line}\n`).join("");
  });
}

const [APP_PORT, DAPR_HTTP_PORT, EDGE_PORT] = [8080, 3500, 8000];

/** For `dapr run -f`: all of them on one machine. */
function toApps(system: System<never>): readonly object[] {
  const asked = askedIn(system);
  return [...system.functions, { name: KEEPER }].map(({ name }, index) => ({
    appID: name,
    appDirPath: "../..",
    appPort: APP_PORT + index,
    daprHTTPPort: DAPR_HTTP_PORT + index,
    ...(asked.includes(name) ? { env: { EDGE_PORT: String(EDGE_PORT + asked.indexOf(name)), EDGE_DEMO: "on" } } : {}),
    command: ["node_modules/.bin/node", `dist/dapr/${name}.mjs`],
  }));
}
