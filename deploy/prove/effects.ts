import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { Answers } from "./answers.ts";
import { canonical } from "./canonical.ts";
import type { Remark } from "./watch.ts";

/** One time that an effect was asked for. */
export interface Asked {
  readonly effect: string;
  readonly key: string | undefined;
  /** All but the key; the id and the time of its event by their names, since two events may ask for the same. */
  readonly request: string;
  /** The event that is handled. */
  readonly event: string;
  /** Whether it is done, whoever has got its answer. */
  isDone: boolean;
}

interface EffectsOptions {
  readonly answers: Answers;
  readonly asked: Asked[];
  readonly remarks: Remark[];
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  readonly event: () => CloudEvent | undefined;
}

export interface Effects {
  /** By name, as a function gets them. */
  readonly lent: Readonly<Record<string, (...request: readonly unknown[]) => Promise<unknown>>>;
  /** Another handling begins. out: how many effects it has asked for that have not answered */
  begin(): () => number;
}

/** Fakes of the effects that a function uses: they do nothing but write down that they were asked. */
export function createEffects(
  names: readonly string[],
  { answers, asked, remarks, step, event }: EffectsOptions,
): Effects {
  let run = { pending: 0, asked: new Set<string>() };
  const ask = async (effect: string, request: readonly unknown[]) => {
    const about = event();
    const { key, rest } = keyOf(request);
    if (key === undefined) remarks.push({ name: "no-key", line: `${effect} is asked for without a key` });
    else if (run.asked.has(`${effect} ${key}`))
      remarks.push({ name: "asked-twice", line: `${effect} is asked for twice in one handling under the key ${key}` });
    run.asked.add(`${effect} ${key}`);
    const entry: Asked = {
      effect,
      key,
      request: canonical(anonymous(rest, about)),
      event: `${about?.id}`,
      isDone: false,
    };
    asked.push(entry);
    return step(effect, async () => {
      // So that who does not wait for it is ahead of it.
      await new Promise(setImmediate);
      entry.isDone = true;
      return answers[effect]?.(`${effect} ${key ?? asked.length}`);
    });
  };
  const lent = Object.fromEntries(
    names.map((effect) => [
      effect,
      (...request: readonly unknown[]) => {
        const own = run;
        own.pending++;
        const answer = ask(effect, request).finally(() => {
          own.pending--;
        });
        // Whoever does not wait for it is told so, and does not end the process.
        answer.catch(() => {});
        return answer;
      },
    ]),
  );
  return {
    lent,
    begin() {
      const own = { pending: 0, asked: new Set<string>() };
      run = own;
      return () => own.pending;
    },
  };
}

/** Of the first thing that it is asked with. */
function keyOf(request: readonly unknown[]): { readonly key: string | undefined; readonly rest: readonly unknown[] } {
  const [first, ...more] = request;
  if (typeof first !== "object" || first === null) return { key: undefined, rest: request };
  const { key, ...rest } = first as Readonly<Record<string, unknown>>;
  return { key: typeof key === "string" && key !== "" ? key : undefined, rest: [rest, ...more] };
}

function anonymous(value: unknown, event: CloudEvent | undefined): unknown {
  if (typeof value === "string") return value === event?.id ? "(id)" : value === event?.time ? "(time)" : value;
  if (Array.isArray(value)) return value.map((each) => anonymous(each, event));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, anonymous(each, event)]));
}
