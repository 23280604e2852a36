import { letterDigest, parseLetter } from "../../adapters/core/dispatch/replayed.ts";
import { isSealed } from "../../adapters/core/dispatch/seal.ts";
import type { Message } from "../../adapters/core/event/decode.ts";
import type { Letter as KeptLetter } from "../../adapters/dapr/keeper/letter.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";

/** A dead letter, as the keeper tells of it. Where it died may be a queue, on AWS; when, nobody may know. */
export interface Letter extends Omit<KeptLetter, "time"> {
  readonly time?: string;
}

/** A letter where it lies. */
export interface Held {
  readonly letter: Letter;
  /** Where it goes without anybody's word: its seal is valid, or its broker gave it up itself. */
  readonly place: string | undefined;
  /** What its carrier says beside its bytes. */
  readonly headers?: Message["headers"];
  body(): Promise<Uint8Array>;
}

/** Which letters; all where nothing is said. */
export interface Filter {
  readonly function?: string;
  readonly code?: string;
  readonly topic?: string;
  /** ms since the epoch. */
  readonly since?: number;
  /** What the digest of a letter begins with, one of them. */
  readonly ids?: readonly string[];
}

/** Letters that died of the same. */
export interface Group {
  readonly function?: string;
  readonly code: string;
  readonly reason: string;
  readonly topic?: string;
  readonly count: number;
  /** RFC 3339. */
  readonly first?: string;
  readonly last?: string;
  /** Of one of them. */
  readonly digest: string;
}

export interface Destination {
  readonly topic: string;
  /** Structured, where it was edited. */
  readonly event?: Uint8Array;
}

/** Where a host keeps its letters, for one run. */
export interface Driver {
  /** Each once, oldest first where the host knows. */
  letters(filter: Filter): AsyncIterable<Held>;
  /** Where the host counts faster than letters can be read. */
  groups?(filter: Filter): Promise<readonly Group[]>;
  /** The topics that somebody may name. */
  readonly topics: readonly string[];
  /** Whose a topic is where it is one function's alone, as a queue is. */
  functionAt?(topic: string): string | undefined;
  /** Sends it, then takes it out. throws: Error with the reason; it is still there */
  replay(held: Held, to: Destination): Promise<void>;
  drop(held: Held): Promise<void>;
  /** What whoever reads the letters should know. */
  note?(): string | undefined;
  /** That there are more than it could see, once the letters are read. */
  unseen?(): string | undefined;
  /** Gives back what was only looked at. */
  close(): Promise<void>;
}

/** What a broker says of what it gave up itself. */
export interface GivenUp {
  readonly reason: string;
  readonly topic?: string | undefined;
  readonly function?: string | undefined;
}

interface Told {
  /** Of the deployment. Left out: no seal is valid. */
  readonly secret?: string | undefined;
  readonly givenUp?: GivenUp | undefined;
  /** What the message is called where it is no event. */
  readonly id: string;
  /** RFC 3339, of a letter that does not say when it died. */
  readonly time?: string | undefined;
}

/** A code of ours, since brokers have none: the handler never succeeded, and nobody wrote why. */
const GIVEN_UP = "given-up";

/** What a message among the letters is: ours with its passport, or what its broker gave up. */
export function toLetter(message: Message, { secret, givenUp, id, time }: Told): Letter {
  const event = eventIn(message);
  const { deadcode, deadreason, deadfunction, deadtopic, deadtime, deadlength }: Partial<CloudEvent> = event ?? {};
  const isOurs = givenUp === undefined && deadcode !== undefined;
  const common = {
    digest: letterDigest(message.body),
    eventId: event?.id ?? id,
    type: event?.type ?? "(no event)",
    ...(event ? { source: event.source } : {}),
    bytes: message.body.byteLength,
  };
  if (!isOurs)
    return {
      ...common,
      ...defined({ function: givenUp?.function, topic: givenUp?.topic, time }),
      code: GIVEN_UP,
      reason: givenUp?.reason ?? "nobody says why",
      isSealed: false,
      isWhole: true,
    };
  return {
    ...common,
    ...defined({
      function: textOf(deadfunction),
      topic: deadtopic === "none" ? undefined : textOf(deadtopic),
      time: textOf(deadtime) ?? time,
    }),
    code: String(deadcode),
    reason: String(deadreason ?? ""),
    isSealed: secret !== undefined && event !== undefined && isSealed(event, secret),
    isWhole: deadlength === undefined,
  };
}

export function eventIn(message: Message): CloudEvent | undefined {
  try {
    return parseLetter(message);
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function defined<Fields extends object>(fields: Fields): { readonly [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Whether a letter is one of those that are wanted. */
export const isWanted = (letter: Letter, { function: name, code, topic, since, ids }: Filter): boolean =>
  (name === undefined || letter.function === name) &&
  (code === undefined || letter.code === code) &&
  (topic === undefined || letter.topic === topic) &&
  (since === undefined || Date.parse(letter.time ?? "") >= since) &&
  (ids === undefined || ids.some((id) => letter.digest.startsWith(id)));
