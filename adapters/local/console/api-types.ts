/** What the console and its page say to each other, as JSON, below the address of the page. */

/**
 * One thing that happened, in the order in which the launcher has learned of it.
 *
 * published  `app` (left out: somebody else) has published an event to `topic`; the broker keeps it as `entry`
 * delivered  the sidecar hands `entry` to `app`, the `attempt`th time
 * answered   `app` has answered, or could not: `outcome` success, retry, drop, missing (404), gone, expired, illegible; `ms` since delivered
 * told       what `app` logged of the event: `outcome` ack, retry, dead; `how`, `said`, `code`, `reason`; `ms` at work
 * saved      `app` has written the document `key`; its body is the document, and the one before
 * effect     `app` has tried an effect on the outside: `how` is its kind, `key` what tells it from others, `code` `@` and where its
 *            line ends in effects.jsonl
 * service    a process `app` (`sidecars` for that of all sidecars): `outcome` started, up, down, died, stopped
 * fault      somebody broke something by this page, or mended it: `how` says what
 */
export interface Happening {
  /** Greater than that of all before. */
  readonly id: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly kind: "published" | "delivered" | "answered" | "told" | "saved" | "effect" | "service" | "fault";
  readonly app?: string;
  readonly topic?: string;
  readonly entry?: number;
  /** Attributes of the event, as far as it has them. */
  readonly event?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly correlation?: string;
  readonly causation?: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly how?: string;
  /** Types of what followed. */
  readonly said?: readonly string[];
  readonly code?: string;
  readonly reason?: string;
  readonly ms?: number;
  readonly key?: string;
  /** Something to read beside it, by its id: of what was published, and of what was saved. */
  readonly hasBody?: boolean;
}

/** GET body/ID */
export interface Body {
  /** As it was written: mostly JSON. */
  readonly text: string;
  /** Of what was saved: the document before, where there was one. */
  readonly before?: string;
  /** Cut at 1 MB. */
  readonly isCut?: boolean;
}

/** GET happenings?before=ID&limit=N&app=&topic=&kind=&find=TEXT: older ones, the newest first, at most 500 */
export type Happenings = readonly Happening[];

/** GET story/ID: all of one story, oldest first. ID: an event's, a correlation id, a subject, or what one begins with */
export interface Story {
  /** The whole ID. */
  readonly asked: string;
  readonly happenings: readonly Happening[];
  /** Of the published and the saved, by the id of the happening. */
  readonly bodies: Readonly<Record<number, Body>>;
}

/** GET system */
export interface SystemView {
  readonly name: string;
  /** Of the launcher's start: another one is another run. */
  readonly started: number;
  readonly functions: readonly {
    readonly name: string;
    readonly keeps: "state" | "nothing";
    readonly hears: readonly { readonly topic: string; readonly type: string }[];
    readonly says: readonly { readonly topic?: string; readonly type: string }[];
  }[];
  readonly edges: readonly {
    readonly of: string;
    readonly method: string;
    readonly path: string;
    readonly url: string;
  }[];
  readonly types: readonly {
    readonly type: string;
    readonly topic?: string;
    /** Its data, as the catalogue has one. */
    readonly sample?: unknown;
    /** Paths in its data whose values are about a person: `customer.email`, `items.*.name`. */
    readonly personal: readonly string[];
  }[];
  /** By function: paths in its document's state that are about a person. */
  readonly personalState: Readonly<Record<string, readonly string[]>>;
  /** What may be broken here: nothing behind a real Dapr. */
  readonly faults: readonly Fault["do"][];
}

/** What is so now. Also the SSE event `status`, at most twice a second, when it has changed. */
/** An event that waits for its time: parked, unsaid or due. */
export interface PendingEvent {
  readonly app: string;
  readonly what: "parked" | "unsaid" | "due";
  /** When it is tried next, was to be said, or is to be said, in ms since the epoch. */
  readonly at: number;
  readonly event?: string;
  readonly type?: string;
  readonly subject?: string;
  /** Of one that is parked: how often it failed, and what on last. */
  readonly attempts?: number;
  readonly why?: string;
}

/** The first of them, and how many there are beside. */
export interface PendingEvents {
  readonly events: readonly PendingEvent[];
  readonly more: number;
}

export interface Status {
  readonly services: readonly { readonly name: string; readonly state: ServiceState; readonly pid?: number }[];
  readonly depths: readonly {
    readonly app: string;
    readonly topic: string;
    readonly waiting: number;
    readonly oldestMs?: number;
  }[];
  readonly letters: number;
  readonly pending: Readonly<
    Record<string, { readonly parked: number; readonly unsaid: number; readonly due: number }>
  >;
  /** What is broken on purpose at present. */
  readonly broken: readonly Part[];
  readonly sums: Sums;
  readonly checks: readonly Check[];
}

/** What can be taken away. */
export type Part = "broker" | "store";

export type ServiceState = "starting" | "up" | "down" | "stopped";

/** Whether it adds up, since the launcher has started. */
export interface Sums {
  /** Published, by anybody. */
  readonly events: number;
  /** Deliveries owed: an event for each function that subscribes to its topic. */
  readonly owed: number;
  /** Of these: ended as handled, ignored or duplicate, dead, or still open. */
  readonly handled: number;
  readonly passed: number;
  readonly dead: number;
  readonly open: number;
  /** By kind of effect: how often it was tried, under how many keys. */
  readonly effects: readonly { readonly kind: string; readonly tried: number; readonly keys: number }[];
}

/** POST faults: answers a Check, or 400/409 with {"error": "…"} */
export type Fault =
  /** A process: a service by its name, or `sidecars`. kill: SIGKILL, it comes back by itself; stop: it stays away until start. */
  | { readonly do: "kill" | "stop" | "start"; readonly what: string }
  /** The sidecars answer as where it cannot be reached, until `back`. */
  | { readonly do: "away" | "back"; readonly what: Part }
  /** The next deliveries to it are answered 500 before they reach it. */
  | { readonly do: "fail"; readonly app: string; readonly times: number }
  /** Once more: at once, `afterMs` later, or twice at once. */
  | {
      readonly do: "again";
      readonly app: string;
      readonly entry: number;
      readonly times: 1 | 2;
      readonly afterMs: number;
    }
  /** Its clock is so much ahead from its next start on, which is now. 0: it goes right again. */
  | { readonly do: "clock"; readonly what: string; readonly byMs: number };

/** What must happen after a fault, and whether it did. */
export interface Check {
  readonly id: number;
  readonly at: number;
  /** As the button says it: `kill billing`. */
  readonly fault: string;
  /** One sentence. */
  readonly must: string;
  readonly state: "watching" | "held" | "broken";
  /** What was seen, where it is over. */
  readonly seen?: string;
}

/** POST say. data, or event (whole, structured), or text (anything at all, as somebody else would publish it) */
export interface Say {
  readonly type?: string;
  readonly topic?: string;
  readonly data?: unknown;
  readonly event?: unknown;
  readonly text?: string;
}
/** Its answer. */
export interface SaidNow {
  readonly id?: string;
  readonly topic: string;
}

/** GET letters */
export interface Letters {
  readonly groups: readonly LetterGroup[];
  /** The newest 500. */
  readonly letters: readonly LetterView[];
  /** Why there may be more. */
  readonly note?: string;
}
interface LetterGroup {
  readonly function?: string;
  readonly code: string;
  readonly reason: string;
  readonly topic?: string;
  readonly count: number;
}
export interface LetterView extends Omit<LetterGroup, "count"> {
  readonly digest: string;
  readonly eventId: string;
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time?: string;
  /** GET letters/DIGEST answers its text. */
  readonly bytes: number;
}

/** POST letters. digests: left out: all of `group` */
export interface LetterAct {
  readonly do: "replay" | "drop";
  readonly digests: readonly string[];
  /** Instead of that it came from. */
  readonly topic?: string;
  /** Of one letter: its data, mended. */
  readonly data?: unknown;
}
/** Its answer. */
export interface LetterActed {
  readonly results: readonly { readonly digest: string; readonly outcome: string; readonly why?: string }[];
  /** What somebody would type for it. */
  readonly command: string;
}

/** The SSE stream: GET stream?after=ID. `id:` is that of the last happening in it, so that a reconnect goes on behind it. */
export interface StreamEvents {
  readonly happenings: Happenings;
  readonly status: Status;
}
