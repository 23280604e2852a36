import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLetter, toReplay } from "../../adapters/core/dispatch/replayed.ts";
import { encodeStructured } from "../../adapters/core/event/encode.ts";
import { parseExactJson, textIn } from "../../adapters/core/event/json.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { System } from "../../functions/kernel/system.ts";
import type { Held } from "./letter.ts";
import { prettyJson } from "./pretty-json.ts";
import type { Terminal } from "./terminal.ts";

/** Has somebody change a file. throws: Error when that went wrong */
export type Editor = (file: string) => Promise<void>;

interface DraftOptions {
  /** The data alone, or the event with its attributes. */
  readonly part: "data" | "event";
  /** The event in place of the letter's, structured. */
  readonly named?: Uint8Array | undefined;
}

interface EditOptions extends DraftOptions {
  readonly system: System<never>;
  readonly terminal: Terminal;
  readonly editor: Editor;
}

/** What is edited: its text, and what becomes of a changed one. */
interface Draft {
  readonly text: string;
  /** throws: Error that says what is wrong */
  toEvent(text: string): CloudEvent;
}

/**
 * Opens a letter in an editor until it holds what its event type wants.
 *
 * out     the event, structured, which whoever sends it marks; undefined where nothing was changed, or whoever edits gives up
 * throws  Error with the reason why it cannot be edited
 */
export async function editLetter(
  held: Held,
  { part, named, system, terminal, editor }: EditOptions,
): Promise<Uint8Array | undefined> {
  const draft = await draftOf(held, { part, named });
  // Nobody else reads it: it may hold what its senders would not show around.
  const folder = mkdtempSync(join(tmpdir(), "letter-"));
  const file = join(folder, `${part}.json`);
  writeFileSync(file, `${draft.text}\n`, { mode: 0o600 });
  try {
    for (;;) {
      await editor(file);
      const text = readFileSync(file, "utf8").trimEnd();
      if (text === draft.text.trimEnd()) {
        terminal.say("nothing was changed: nothing is sent");
        return undefined;
      }
      try {
        const event = checked(draft.toEvent(text), { system, terminal });
        return Buffer.from(encodeStructured(event));
      } catch (fault) {
        terminal.say(`not sent: ${(fault as Error).message}`);
        if (!(await terminal.ask?.("edit it again?"))) return undefined;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function draftOf(held: Held, { part, named }: DraftOptions): Promise<Draft> {
  const { event: own, message } = toReplay({ headers: held.headers ?? {}, body: await held.body() });
  if (!own) {
    const text = textIn(message.body);
    if (text === undefined) throw new Error("it is no text, so that it cannot be edited");
    return { text, toEvent: parseEvent };
  }
  const event = unmarked(named ? parseLetter({ headers: STRUCTURED, body: named }) : own);
  if (part === "event") return { text: prettyJson(JSON.parse(encodeStructured(event))), toEvent: parseEvent };
  const { data } = event;
  if (data instanceof Uint8Array) throw new Error("its data are bytes: --edit-event edits them, as base64");
  return { text: prettyJson(data ?? null), toEvent: (text) => ({ ...event, data: parseData(text) }) };
}

/** Where it goes, and so whom it is for, is known when it is sent. */
const unmarked = ({ replayof: _, replayfor: __, ...event }: CloudEvent): CloudEvent => event as CloudEvent;

function parseData(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new Error(`must be JSON: ${(error as Error).message}`);
  }
}

const STRUCTURED = { "content-type": "application/cloudevents+json" };

const parseEvent = (text: string): CloudEvent => {
  try {
    return parseLetter({ headers: STRUCTURED, body: Buffer.from(text) });
  } catch (error) {
    throw new Error((error as Error).message.replace("is no event", "must be an event"));
  }
};

interface CheckOptions {
  readonly system: System<never>;
  readonly terminal: Terminal;
}

/** As the function where it died will look at it: the data, and that it is about the subject that it names. */
function checked(event: CloudEvent, { system, terminal }: CheckOptions): CloudEvent {
  const type = system.events.find((one) => one.type === event.type);
  if (!type) {
    terminal.say(`${event.type} is in no catalogue: its data are not checked`);
    return event;
  }
  const subject = type.subjectOf(type.parse(event.data));
  if (event.subject === undefined || event.subject === subject) return event;
  terminal.say(`subject: is now ${subject}, as the data say, and was ${event.subject}`);
  return { ...event, subject };
}

/**
 * A letter's event under an id of its own, where its id belongs to another: always the same, so that it may be sent twice.
 *
 * out  structured
 */
export async function renamed({ letter: { digest }, headers = {}, body }: Held): Promise<Uint8Array> {
  const { event } = toReplay({ headers, body: await body() });
  if (!event) throw new Error("it is no event, so that it has no id");
  return Buffer.from(encodeStructured({ ...unmarked(event), id: `${event.id.slice(0, 100)}-${digest.slice(0, 12)}` }));
}

/** The editor of whoever typed the command, as git asks for it: VISUAL, EDITOR, vi. */
export function createEditor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Editor {
  const named = env.VISUAL || env.EDITOR;
  const program = named || "vi";
  return (file) =>
    new Promise((resolve, reject) => {
      if (!named && !isTerminal)
        throw new Error("there is no terminal to open vi on: EDITOR must name a program: nothing is sent");
      // It may come with arguments, so that a shell reads it.
      const child = spawn("sh", ["-c", `${program} "$1"`, "sh", file], { stdio: "inherit" });
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        if (code === 0 && !existsSync(file)) reject(new Error(`the editor (${program}) left no file: nothing is sent`));
        else if (code === 0) resolve();
        else reject(new Error(`the editor (${program}) ended with ${signal ?? code}: nothing is sent`));
      });
    });
}
