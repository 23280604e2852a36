import { textIn } from "../../adapters/core/event/json.ts";
import { UsageError } from "../../adapters/local/command-line.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { System } from "../../functions/kernel/system.ts";
import type { Asked } from "./asked.ts";
import { ago, grouped, legible, oneLine } from "./legible.ts";
import { type Driver, eventIn, type Held } from "./letter.ts";
import { prettyJson } from "./pretty-json.ts";
import { strangerIn } from "./stranger.ts";
import type { Terminal } from "./terminal.ts";

const MOST_BYTES_AS_HEX = 256;

interface ShowOptions {
  readonly system: System<never>;
  readonly terminal: Terminal;
}

/** Shows one letter with its event. out: the exit code */
export async function show(
  driver: Driver,
  { filter, isJson }: Asked,
  { system, terminal }: ShowOptions,
): Promise<number> {
  let found: Held | undefined;
  for await (const held of driver.letters(filter)) {
    if (found && found.letter.digest !== held.letter.digest)
      throw new UsageError(`ID: must be longer, since more than one letter begins with ${filter.ids?.[0]}`);
    found ??= held;
  }
  if (!found) {
    terminal.say(`${filter.ids?.[0]}: there is no such letter`);
    const unseen = driver.unseen?.();
    if (unseen !== undefined) terminal.say(unseen);
    return 1;
  }
  const body = await found.body();
  const event = eventIn({ headers: found.headers ?? {}, body });
  if (isJson) {
    const held = event ? { event } : { body: Buffer.from(body).toString("base64") };
    terminal.print(prettyJson({ ...found.letter, ...held }));
    return 0;
  }
  for (const [name, text] of rowsOf(found, terminal.now())) terminal.print(`${name.padEnd(8)} ${oneLine(text)}`);
  const stranger = strangerIn(found.letter, { driver, system, topic: found.place });
  if (stranger !== undefined) terminal.say(oneLine(stranger));
  const note = found.letter.isSealed ? undefined : driver.note?.();
  if (note !== undefined) terminal.say(note);
  terminal.print(`\n${legible(textOf(event, body))}`);
  return 0;
}

function rowsOf({ letter, place }: Held, now: number): readonly (readonly [string, string])[] {
  const { digest, eventId, type, source, topic, time, code, reason, isWhole, isSealed, bytes } = letter;
  const seal = isSealed
    ? "valid"
    : place === undefined
      ? "none that is valid: a replay wants --topic"
      : "none: its broker gave it up";
  const when = time === undefined ? [] : [["time", `${time} (${ago(time, now)})`] as const];
  return [
    ["letter", digest],
    ["event", `${type} ${eventId}${source === undefined ? "" : ` from ${source}`}`],
    ["died", `at ${letter.function ?? "nobody knows which function"}, on ${topic ?? "nobody knows which topic"}`],
    ...when,
    ["why", `${code}: ${reason}`],
    ["seal", seal],
    ["size", `${grouped(bytes)} bytes${isWhole ? "" : ", CUT: the rest is lost, so that it cannot be replayed"}`],
  ];
}

/** What the event says; of what was none, the bytes. */
function textOf(event: CloudEvent | undefined, body: Uint8Array): string {
  if (event === undefined) return bytesAsText(body);
  const { data } = event;
  if (data instanceof Uint8Array) return bytesAsText(data);
  return typeof data === "string" ? data : prettyJson(data ?? null);
}

function bytesAsText(bytes: Uint8Array): string {
  const text = textIn(bytes);
  if (text !== undefined) return text;
  const hex = Buffer.from(bytes.subarray(0, MOST_BYTES_AS_HEX))
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
  return `${hex}${bytes.byteLength > MOST_BYTES_AS_HEX ? " …" : ""}`;
}
