import { parseArgs } from "node:util";

/** One dead letter: where it died and of what, and whether it can live again. */
export interface Letter {
  readonly id: string;
  readonly type: string;
  /** Where it goes if it is replayed. `undefined`: not known, so that it cannot be. */
  readonly place: string | undefined;
  readonly why: string;
}

/** The place that holds letters, as it is for one run. */
export interface Holder<Held> {
  /** out: at most so many, seen by nobody else meanwhile */
  receive(limit: number): Promise<readonly Held[]>;
  toLetter(held: Held): Letter;
  /** Sends it there, then takes it out. */
  replay(held: Held, place: string): Promise<void>;
  /** At once, so that whoever looks next sees it. */
  giveBack(held: Held): Promise<void>;
  close?(): Promise<void>;
}

/** Text options that must be set, or have a default. */
type Options = Readonly<Record<string, { readonly default?: string }>>;

interface Tool<Held> {
  readonly help: string;
  readonly options: Options;
  /** What there may be no place for: "topic", "queue". */
  readonly place: string;
  /** in: the options. throws: Error in words for whoever typed the command */
  open(options: Readonly<Record<string, string>>): Promise<Holder<Held>>;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** A command that lists dead letters, or replays them. Says what is wrong with how it was called, and exits with 1. */
export async function runLetters<Held>({ help, options, place, open }: Tool<Held>): Promise<void> {
  try {
    const texts = Object.entries(options).map(([name, option]) => [name, { type: "string", ...option }] as const);
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        ...(Object.fromEntries(texts) as Record<string, { type: "string" }>),
        limit: { type: "string", default: "10" },
        help: { type: "boolean", default: false },
      },
    });
    const told = values as unknown as Readonly<Record<string, string>>;
    const [command] = positionals;
    const limit = Number(told.limit);
    const missing = Object.keys(options).find((name) => told[name] === undefined);
    if (values.help) print(help);
    else if (command !== "list" && command !== "replay") throw new TypeError("command: must be list or replay");
    else if (missing !== undefined) throw new TypeError(`--${missing}: must be set`);
    else if (!(limit >= 1 && limit <= 100)) throw new TypeError("--limit: must be 1 to 100");
    else await work(await open(told), { isReplay: command === "replay", limit, place });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

interface Work {
  readonly isReplay: boolean;
  readonly limit: number;
  readonly place: string;
}

async function work<Held>(holder: Holder<Held>, { isReplay, limit, place: kind }: Work): Promise<void> {
  try {
    const all = await holder.receive(limit);
    for (const held of all) {
      const { id, type, place, why } = holder.toLetter(held);
      const isReplayed = isReplay && place !== undefined;
      if (isReplayed) await holder.replay(held, place);
      else await holder.giveBack(held);
      const fate = isReplay ? (isReplayed ? "replayed: " : "stays: ") : "";
      print(`${fate}${type} ${id} from ${place ?? `an unknown ${kind}`}: ${why}`);
    }
    print(all.length === 0 ? "no dead letters" : `${all.length} dead letters`);
  } finally {
    await holder.close?.();
  }
}

/**
 * What a letter of ours says of itself.
 *
 * in   its JSON; what its carrier says, where it is no event
 * out  without `why` for what is no letter of ours: its broker gave it up
 */
export function readLetter(
  text: string,
  carrier: { readonly id: string; readonly type?: string | undefined },
): Omit<Letter, "why"> & { readonly why?: string } {
  const event = parse(text);
  const { deadtopic, deadcode, deadreason, deadlength } = event;
  const id = String(event.id ?? carrier.id);
  const type = String(event.type ?? carrier.type ?? "(no event)");
  if (deadcode === undefined) return { id, type, place: undefined };
  const isWhole = deadlength === undefined && type !== "com.example.undecodable.v1" && deadtopic !== "none";
  return { id, type, place: isWhole ? String(deadtopic) : undefined, why: `${deadcode}: ${deadreason}` };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
