/** What became of an order. */
export type Fate = "shipped" | "cancelled" | "open";

/** One line of EFFECTS_LOG: an attempt. */
export interface Attempt {
  readonly kind: string;
  readonly key: string;
}

export interface Sums {
  readonly accepted: number;
  readonly shipped: number;
  readonly cancelled: number;
  /** Neither shipped nor cancelled. */
  readonly open: number;
  /** By effect: keys that were expected, of these never tried, and further attempts under a key that was tried already. */
  readonly effects: Readonly<Record<string, EffectSums>>;
}

interface EffectSums {
  readonly expected: number;
  readonly missing: number;
  readonly repeated: number;
  /** Tried for these orders although nothing asked for it. */
  readonly unexpected: number;
}

const MAILS: Readonly<Record<Fate, readonly string[]>> = {
  open: [],
  cancelled: ["com.example.order.created.v1", "com.example.order.cancelled.v1"],
  shipped: ["com.example.order.created.v1", "com.example.order.paid.v1", "com.example.order.shipped.v1"],
};

/**
 * Adds up what happened to the accepted orders: one charge an order, unless it was withdrawn before one; one mail an order and
 * event type; one parcel a shipped order.
 *
 * in  attempts: of any orders; left out: effects were not logged
 */
export function sumUp(fates: ReadonlyMap<string, Fate>, attempts?: readonly Attempt[]): Sums {
  const having = (fate: Fate) => [...fates].filter(([, each]) => each === fate).map(([id]) => id);
  const shipped = having("shipped");
  const triedOf = (effect: string) => new Set(attempts?.filter(({ kind }) => kind === effect).map(({ key }) => key));
  const [charged, withdrawn] = [triedOf("charge"), triedOf("withdraw")];
  const needsNoCharge = (id: string, fate: Fate) => fate === "cancelled" && withdrawn.has(id) && !charged.has(id);
  const expected: Readonly<Record<string, readonly string[]>> = {
    charge: [...fates].filter(([id, fate]) => !needsNoCharge(id, fate)).map(([id]) => id),
    mail: [...fates].flatMap(([id, fate]) => MAILS[fate].map((type) => `${id}/${type}`)),
    book: shipped,
  };
  const ours = attempts?.filter(({ key }) => fates.has(key.split("/")[0] ?? ""));
  const entries = ours ? Object.entries(expected).map(([kind, keys]) => [kind, compare(kind, { keys, ours })]) : [];
  return {
    accepted: fates.size,
    shipped: shipped.length,
    cancelled: having("cancelled").length,
    open: having("open").length,
    effects: Object.fromEntries(entries),
  };
}

function compare(
  kind: string,
  { keys, ours }: { readonly keys: readonly string[]; readonly ours: readonly Attempt[] },
): EffectSums {
  const tried = ours.filter((attempt) => attempt.kind === kind).map(({ key }) => key);
  const once = new Set(tried);
  const expected = new Set(keys);
  return {
    expected: expected.size,
    missing: keys.filter((key) => !once.has(key)).length,
    repeated: tried.length - once.size,
    unexpected: [...once].filter((key) => !expected.has(key)).length,
  };
}

/**
 * Where the sums do not add up, one sentence each. Repetitions are not among them: a charge and a parcel know their key, and
 * a mail may repeat when its process dies between sending and saving.
 */
export function faultsOf({ open, effects }: Sums): readonly string[] {
  return [
    ...(open > 0 ? [`${open} accepted orders are neither shipped nor cancelled`] : []),
    ...Object.entries(effects).flatMap(([kind, { missing, unexpected }]) => [
      ...(missing > 0 ? [`${kind}: ${missing} never tried`] : []),
      ...(unexpected > 0 ? [`${kind}: ${unexpected} tried although nothing asked for it`] : []),
    ]),
  ];
}

/** What was tried more often than once under one key: how many more times, by effect. */
export const repetitionsOf = ({ effects }: Sums): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(effects)
      .filter(([, { repeated }]) => repeated > 0)
      .map(([kind, { repeated }]) => [kind, repeated]),
  );

/**
 * How many mails were sent more often than once. A charge and a parcel know their key: their handlers are idempotent, and run again
 * where an event has taken longer than its bulk.
 */
export const mailsRepeated = (sums: Sums): number => repetitionsOf(sums).mail ?? 0;

/** The lines of an EFFECTS_LOG. A line that a crash cut off is left out. */
export function parseAttempts(text: string): readonly Attempt[] {
  return text.split("\n").flatMap((line) => {
    try {
      const { kind, key } = JSON.parse(line);
      return [{ kind, key }];
    } catch {
      return [];
    }
  });
}
