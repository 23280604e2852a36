import { styleText } from "node:util";
import { UsageError } from "../../adapters/local/command-line.ts";
import type { System } from "../../functions/kernel/system.ts";
import { createProgress } from "../progress.ts";
import type { Asked } from "./asked.ts";
import { type Editor, editLetter, renamed } from "./edit.ts";
import { grouped, letters as lettersOf, noLetters, oneLine } from "./legible.ts";
import type { Driver, Held } from "./letter.ts";
import { idOf } from "./list.ts";
import { createPace } from "./pace.ts";
import { deafAt, strangerIn } from "./stranger.ts";
import type { Terminal } from "./terminal.ts";

/** More than these want somebody's yes. */
const MOST_UNASKED = 100;
/** So many are told one by one. */
const MOST_TOLD = 20;

interface ActOptions {
  readonly system: System<never>;
  readonly terminal: Terminal;
  readonly editor: Editor;
  /** Ends the run after the letter at hand. */
  readonly signal: AbortSignal;
}

type Outcome = "replayed" | "dropped" | "would be replayed" | "would be dropped" | "stays";

/** What became of a letter. */
interface Result {
  readonly digest: string;
  readonly eventId: string;
  readonly type: string;
  readonly outcome: Outcome;
  readonly to?: string;
  readonly why?: string;
  /** What whoever asked for it should know. */
  readonly note?: string;
}

/** Replays letters, or drops them, one after the other. One that fails is told and passed over. out: the exit code */
export async function act(driver: Driver, asked: Asked, options: ActOptions): Promise<number> {
  const { terminal, signal } = options;
  const { command, filter, topic, isDry, isJson } = asked;
  requireTopic(driver, topic);
  const all = await collect(driver, asked);
  const missing = (filter.ids ?? []).filter((id) => !all.some(({ letter }) => letter.digest.startsWith(id)));
  for (const id of missing) terminal.say(`${id}: there is no such letter`);
  const unseen = driver.unseen?.();
  if (unseen !== undefined && (filter.ids === undefined || missing.length > 0))
    terminal.say(styleText("yellow", unseen));
  if (!isDry && !(await mayGoOn(all.length, asked, terminal))) return 1;
  if (asked.edit && all.length > 1)
    throw new UsageError(`--edit: wants one letter, got ${all.length}: name it by its ID`);

  const results: Result[] = [];
  const pace = createPace(asked.rate, signal);
  const report = createReport(all.length, { command, isJson, terminal });
  for (const held of all) {
    if (!isDry) await pace();
    if (signal.aborted) break;
    const result = await one(held, { ...options, driver, asked });
    if (result === undefined) return 1;
    results.push(result);
    report.tell(result);
  }
  report.end();
  if (isJson) terminal.print(JSON.stringify(results, null, 2));
  else terminal.print(all.length === 0 ? noLetters(filter) : toSum(results, all.length));
  const note = results.some(({ why }) => why === UNSEALED) ? driver.note?.() : undefined;
  if (note !== undefined) terminal.say(styleText("yellow", note));
  const isWell = missing.length === 0 && results.length === all.length && results.every(({ why }) => why === undefined);
  return isWell ? 0 : 1;
}

/** Of many letters a bar, of those that stay for one reason the first, and how many there is one note on. */
function createReport(
  total: number,
  { command, isJson, terminal }: Pick<Asked, "command" | "isJson"> & { readonly terminal: Terminal },
) {
  const isMany = total > MOST_TOLD;
  const progress = isMany && terminal.progress ? createProgress(command, total, terminal.progress) : undefined;
  const stays = new Map<string, number>();
  const notes = new Map<string, number>();
  let done = 0;
  return {
    tell(result: Result): void {
      progress?.show(++done);
      const { why, note } = result;
      if (isMany && note !== undefined) notes.set(note, (notes.get(note) ?? 0) + 1);
      if (why !== undefined) stays.set(why, (stays.get(why) ?? 0) + 1);
      if (isJson || (why === undefined && isMany) || (stays.get(why ?? "") ?? 0) > MOST_TOLD) return;
      if (progress) terminal.progress?.write(CLEAR_LINE);
      if (why === undefined) terminal.print(toLine(result));
      else terminal.say(styleText("yellow", toLine(result)));
    },
    end(): void {
      progress?.done(done);
      if (isJson) return;
      for (const [why, times] of stays)
        if (times > MOST_TOLD)
          terminal.say(styleText("yellow", oneLine(`and ${grouped(times - MOST_TOLD)} more: ${why}`)));
      for (const [note, times] of notes)
        terminal.say(styleText("yellow", oneLine(`${grouped(times)} of them: ${note}`)));
    },
  };
}

const CLEAR_LINE = "\r\u001b[K";
const UNSEALED = "it bears no valid seal, so that it goes only where you say: --topic";

function requireTopic({ topics }: Driver, topic: string | undefined): void {
  if (topic !== undefined && !topics.includes(topic))
    throw new UsageError(`--topic: must be one of ${topics.join(", ")}, got ${topic}`);
}

/** First all of them, so that what dies again meanwhile does not come round for ever. */
async function collect(driver: Driver, { filter }: Asked): Promise<readonly Held[]> {
  const all: Held[] = [];
  for await (const held of driver.letters(filter)) all.push(held);
  for (const id of filter.ids ?? []) {
    const digests = new Set(all.flatMap(({ letter: { digest } }) => (digest.startsWith(id) ? [digest] : [])));
    if (digests.size > 1) throw new UsageError(`ID: must be longer, since more than one letter begins with ${id}`);
  }
  // Whatever order its host has them in: what happened first to a subject is what its function wants first.
  return all.toSorted((one, other) => diedAt(one) - diedAt(other));
}

/** Last, where nobody knows. */
const diedAt = ({ letter: { time = "" } }: Held): number => Date.parse(time) || Number.MAX_SAFE_INTEGER;

async function mayGoOn(count: number, { command, filter, rate, isYes }: Asked, terminal: Terminal): Promise<boolean> {
  const isMuch = count > MOST_UNASKED || (command === "drop" && filter.ids === undefined && count > 0);
  if (!isMuch || isYes) return true;
  if (!terminal.ask)
    throw new UsageError(`--yes: must be given to ${command} ${lettersOf(count)} where there is no terminal to ask at`);
  const takes = Math.ceil(count / rate);
  return terminal.ask(`${command} ${lettersOf(count)}, in about ${grouped(takes)} s?`);
}

interface OneOptions extends ActOptions {
  readonly driver: Driver;
  readonly asked: Asked;
}

/** out: undefined where whoever edits gives up */
async function one(held: Held, { driver, asked, system, terminal, editor }: OneOptions): Promise<Result | undefined> {
  const { digest, eventId, type } = held.letter;
  const of = { digest, eventId, type };
  try {
    if (asked.command === "drop") {
      if (!asked.isDry) await driver.drop(held);
      return { ...of, outcome: asked.isDry ? "would be dropped" : "dropped" };
    }
    const topic = asked.topic ?? held.place;
    if (!held.letter.isWhole) return { ...of, outcome: "stays", why: "it was cut because it was too large" };
    if (topic === undefined) return { ...of, outcome: "stays", why: UNSEALED };
    const deaf = asked.topic === undefined ? undefined : deafAt(topic, held.letter, { driver, system });
    if (deaf !== undefined) return { ...of, outcome: "stays", why: deaf };
    const named = asked.isRenamed ? await renamed(held) : undefined;
    const event = asked.edit ? await editLetter(held, { part: asked.edit, named, system, terminal, editor }) : named;
    if (asked.edit && !event) return undefined;
    if (!asked.isDry) await driver.replay(held, { topic, ...(event ? { event } : {}) });
    const note = strangerIn(held.letter, { driver, system, topic });
    const outcome = asked.isDry ? "would be replayed" : "replayed";
    return { ...of, outcome, to: topic, ...(note === undefined ? {} : { note }) };
  } catch (error) {
    return { ...of, outcome: "stays", why: (error as Error).message };
  }
}

function toLine({ digest, eventId, type, outcome, to, why, note = why }: Result): string {
  const where = to === undefined ? "" : ` to ${to}`;
  return oneLine(`${outcome}: ${idOf({ digest })}  ${type} ${eventId}${where}${note === undefined ? "" : `: ${note}`}`);
}

function toSum(results: readonly Result[], total: number): string {
  const counts = Map.groupBy(results, ({ outcome }) => outcome);
  const parts = [...counts].map(
    ([outcome, { length }]) => `${grouped(length)} ${outcome === "stays" && length > 1 ? "stay" : outcome}`,
  );
  const left = total - results.length;
  return [...parts, ...(left > 0 ? [`${grouped(left)} left as they are`] : [])].join(", ");
}
