import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseExactJson, stringifyJson } from "../../core/event/json.ts";
import { DEFAULT_DATA } from "../screen.ts";
import type { Body, LetterAct, LetterActed, Letters, LetterView, SaidNow, Say } from "./api-types.ts";
import { Refusal } from "./refusal.ts";
import { type Ran, runScript } from "./run-script.ts";

const MOST_LETTERS = 500;
/** Letters a second: nothing here is anybody's production. */
const RATE = "500";
/** As `list` shows them. */
const ID_LENGTH = 12;
const DIGEST = /^[0-9a-f]{8,64}$/;
const DEAD = "deploy/dead/main.ts";
const SAY = "deploy/say/main.ts";

/** What is done by the commands that people type, with --json. */
export interface Commands {
  letters(): Promise<Letters>;
  /** Its event; of what was none, its bytes. throws: Refusal */
  letter(digest: string): Promise<Body>;
  act(what: LetterAct): Promise<LetterActed>;
  /** throws: Refusal */
  say(what: Say): Promise<SaidNow>;
}

interface CommandOptions {
  /** What tells the commands where letters lie, as people type it. Left out: nobody has said so. */
  readonly at?: readonly string[] | undefined;
  /** Left out: nothing can be said from here. */
  readonly saying?: Saying;
  readonly run?: typeof runScript;
}

interface Saying {
  /** Where everything durable lies. */
  readonly data: string;
  /** Publishes what is no event, as bytes. throws: Error with what the sidecar said */
  readonly publish: (topic: string, text: string) => Promise<void>;
  /** Of an event type. */
  readonly topicOf: (type: string) => string | undefined;
}

export function createCommands({ at, saying, run = runScript }: CommandOptions): Commands {
  const dead = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    if (at === undefined) throw new Refusal(404, "nobody has said where the letters lie");
    return run([DEAD, ...args, "--json", ...at], { env });
  };
  let listing: Promise<Letters> | undefined;

  const list = async (): Promise<Letters> => {
    const [groups, all] = await Promise.all([dead(["list"]), dead(["list", "--all"])]);
    const letters = parse<readonly LetterView[]>(all);
    const note = all.complaints.join("\n");
    return {
      groups: parse<Letters["groups"]>(groups),
      letters: letters.slice(-MOST_LETTERS).toReversed(),
      ...(note === "" ? {} : { note }),
    };
  };

  return {
    letters() {
      // Several pages ask when there is one more.
      listing ??= list().finally(() => {
        listing = undefined;
      });
      return listing;
    },
    async letter(digest) {
      if (!DIGEST.test(digest)) throw new Refusal(404, "there is no such letter");
      const shown = await dead(["show", digest]);
      if (shown.code !== 0) throw new Refusal(404, shown.complaints[0] ?? "there is no such letter");
      const { event, body } = parse<{ readonly event?: unknown; readonly body?: string }>(shown);
      return { text: body === undefined ? stringifyJson(event) : Buffer.from(body, "base64").toString() };
    },
    async act(act) {
      const { do: doing, digests, topic, data: mended } = act;
      const isEdited = mended !== undefined;
      const how = [...(isEdited ? ["--edit"] : []), ...(topic === undefined ? [] : ["--topic", topic])];
      const ids = digests.map((digest) => digest.slice(0, ID_LENGTH));
      const command = `npm run dead -- ${[doing, ...ids, ...how, ...toShown(at)].join(" ")}`;
      const args = [doing, ...digests, ...how, "--yes", ...(doing === "replay" ? ["--rate", RATE] : [])];
      const ran = isEdited ? await edited(mended, (env) => dead(args, env)) : await dead(args);
      return { results: toResults(ran, digests), command };
    },
    async say({ type, topic, data: bare, event, text }) {
      if (saying === undefined) throw new Refusal(404, "nothing can be said from here");
      const { data, publish, topicOf } = saying;
      if (text !== undefined) {
        const where = topic ?? topicOf(type ?? "");
        if (where === undefined) throw new Refusal(400, `type ${type}: is on no topic`);
        await publish(where, text).catch(({ message }: Error) => {
          throw new Refusal(503, message);
        });
        return { topic: where };
      }
      const whole = event as { readonly type?: unknown } | undefined;
      const name = type ?? (typeof whole?.type === "string" ? whole.type : "");
      // Never one that the command takes for an option.
      if (!/^\w[\w.-]*$/.test(name)) throw new Refusal(400, "type: must be given, as an event has one");
      const input = stringifyJson(event ?? bare ?? null);
      // Whoever breaks it on purpose wants to see what becomes of it.
      const ran = await run([SAY, name, "-", "--force", "--wait", "0", "--json", "--data", data], { input });
      if (ran.stdout.trim() === "") throw new Refusal(400, toWhy(ran));
      return parse<SaidNow>(ran);
    },
  };
}

/** What is so where nothing is said need not be typed. */
const toShown = (at: readonly string[] = []): readonly string[] =>
  at[0] === "--data" && at[1] === DEFAULT_DATA ? [] : at;

/**
 * Runs a command whose editor puts what was mended in place of what it opens.
 *
 * in  what was mended; bigints are integers
 */
async function edited(mended: unknown, act: (env: Readonly<Record<string, string>>) => Promise<Ran>): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "loosely-mended-"));
  const file = join(folder, "data.json");
  try {
    writeFileSync(file, stringifyJson(mended), { mode: 0o600 });
    // A shell reads it: the name of the file may hold whatever a shell takes apart.
    return await act({ VISUAL: 'cp -- "$LOOSELY_MENDED"', LOOSELY_MENDED: file });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Result = LetterActed["results"][number];

function toResults(ran: Ran, digests: readonly string[]): readonly Result[] {
  const acted = ran.stdout.trim() === "" ? [] : parse<readonly Result[]>(ran);
  return digests.map((asked) => {
    const found = acted.find(({ digest }) => digest.startsWith(asked));
    if (!found) return { digest: asked, outcome: "stays", why: toWhy(ran, asked) };
    const { digest, outcome, why } = found;
    return { digest, outcome, ...(why === undefined ? {} : { why }) };
  });
}

/** Why it was not done: what was said of that letter, where something was. */
function toWhy({ complaints }: Ran, digest?: string): string {
  const own = complaints.filter((line) => digest !== undefined && line.startsWith(`${digest}: `));
  const lines = own.length > 0 ? own.map((line) => line.slice(line.indexOf(" ") + 1)) : complaints.filter(isReason);
  return lines.join("\n").replace(/^not sent: /, "") || "it was not done, and nothing says why";
}

/** How the options are listed helps nobody who has typed none. */
const isReason = (line: string): boolean => !line.startsWith("npm run ");

/** throws: Error with what the command complained of */
function parse<Parsed>(ran: Ran): Parsed {
  try {
    return parseExactJson(ran.stdout) as Parsed;
  } catch {
    throw new Error(toWhy(ran));
  }
}
