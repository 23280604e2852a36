import { derivedId } from "../../adapters/core/event/ids.ts";

/** What an effect answers: the same to the same key, as a provider does that knows it. */
export type Answer = (key: string) => unknown;
/** By the name of the effect. */
export type Answers = Readonly<Record<string, Answer>>;

const NO_FIELDS: readonly string[] = ["then", "toJSON", "constructor"];

/** Any field of it is a text, but for some that say yes or no. */
const record =
  (isGood: boolean): Answer =>
  (key) =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          if (typeof name !== "string" || NO_FIELDS.includes(name)) return undefined;
          if (/^(ok|success|successful|accepted|approved|found|is[A-Z]\w*)$/.test(name)) return isGood;
          return `${name}-${short(name, key)}`;
        },
      },
    );

const short = (...parts: readonly string[]) => derivedId(...parts).slice(0, 8);

/** No definition tells what an effect answers: what lets most events be handled is taken, the first of the best. */
const KINDS: readonly Answer[] = [
  record(true),
  (key) => `answer-${short(key)}`,
  (key) => Number.parseInt(short(key).slice(0, 4), 16),
  () => true,
  () => undefined,
];
/** After them: where both fit, a function is proved with both. */
const REFUSALS: readonly Answer[] = [record(false), () => false];

const MOST = 400;

/** Every way in which the effects of a function may answer, likely ones first. */
export function waysToAnswer(
  effects: readonly string[],
): readonly { readonly answers: Answers; readonly isRefusal: boolean }[] {
  const ways = (kinds: readonly Answer[]) => {
    let all: readonly Answers[] = [{}];
    for (const effect of effects)
      all = all.flatMap((answers) => kinds.map((kind) => ({ ...answers, [effect]: kind }))).slice(0, MOST);
    return all;
  };
  const refusals =
    effects.length === 0 ? [] : REFUSALS.map((kind) => Object.fromEntries(effects.map((effect) => [effect, kind])));
  return [
    ...ways(KINDS).map((answers) => ({ answers, isRefusal: false })),
    ...refusals.map((answers) => ({ answers, isRefusal: true })),
  ];
}
