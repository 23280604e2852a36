import { toDeadLetter } from "../../adapters/core/dispatch/dead-letter.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { type Destination, type Driver, type Held, isWanted, toLetter } from "./letter.ts";
import type { Terminal } from "./terminal.ts";

export const SECRET = "of-tests";
export const NOW = Date.parse("2026-11-28T12:00:00Z");

interface LetterOptions {
  readonly event?: Partial<CloudEvent>;
  readonly code?: string;
  readonly reason?: string;
  readonly at?: string;
  readonly topic?: string;
  readonly secret?: string | undefined;
}

/** The bytes of a letter as a function writes it. */
export function letterBytes({
  event,
  code = "schema",
  reason = "data: no",
  at = "billing",
  ...rest
}: LetterOptions): Buffer {
  const whole = { specversion: "1.0", id: "e-1", source: "/t", type: "com.example.test.v1", data: { a: 1 }, ...event };
  const said = toDeadLetter(
    { event: whole },
    {
      dead: new Dead(code, reason),
      functionName: at,
      topic: rest.topic ?? "orders",
      time: new Date(NOW - 60_000).toISOString(),
      letterSecret: "secret" in rest ? rest.secret : SECRET,
    },
  );
  return Buffer.from(said.body);
}

export function toHeld(body: Uint8Array, headers = {}): Held {
  const letter = toLetter({ headers, body }, { secret: SECRET, id: "m-1" });
  return { letter, place: letter.isSealed ? letter.topic : undefined, headers, body: async () => body };
}

interface FakeDriver extends Driver {
  readonly held: Held[];
  readonly sent: { readonly eventId: string; readonly to: Destination }[];
}

/** A place for letters in memory. fails: of which event a replay fails */
export function createFakeDriver(bodies: readonly Uint8Array[], { fails = "" } = {}): FakeDriver {
  const held = bodies.map((body) => toHeld(body));
  const sent: FakeDriver["sent"] = [];
  const takeOut = (one: Held) => void held.splice(held.indexOf(one), 1);
  return {
    held,
    sent,
    topics: ["bills", "orders"],
    async *letters(filter) {
      for (const one of [...held]) if (isWanted(one.letter, filter)) yield one;
    },
    async replay(one, to) {
      if (one.letter.eventId === fails) throw new Error("the broker is away");
      sent.push({ eventId: one.letter.eventId, to });
      takeOut(one);
    },
    drop: async (one) => takeOut(one),
    close: async () => {},
  };
}

interface FakeTerminal extends Terminal {
  readonly printed: string[];
  readonly said: string[];
  readonly asked: string[];
}

/** in: what is answered, question by question; left out: nobody is there */
export function createFakeTerminal(answers?: readonly boolean[]): FakeTerminal {
  const [printed, said, asked]: [string[], string[], string[]] = [[], [], []];
  const left = [...(answers ?? [])];
  const ask = async (question: string) => {
    asked.push(question);
    return left.shift() ?? false;
  };
  return {
    ...{ printed, said, asked },
    print: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    ask: answers && ask,
    progress: undefined,
    now: () => NOW,
  };
}
