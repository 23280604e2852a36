import { isDeepStrictEqual } from "node:util";
import { MAX_BYTES } from "../core/event/event-size.ts";
import type { Case, Expected, Group, Sent, Step } from "./case.ts";
import { processDies } from "./cases/crashes.ts";
import { deliveries } from "./cases/deliveries.ts";
import { access, trace } from "./cases/edges.ts";
import { faults } from "./cases/faults.ts";
import { handlers } from "./cases/handlers.ts";
import { attributes, bodies, data, modes } from "./cases/messages.ts";
import { others } from "./cases/others.ts";
import type { Feature, Host, Running, Sending, Verdict } from "./host.ts";
import { type TraceEntry, toText } from "./trace.ts";

/** Every case that every host passes. */
export const groups: readonly Group[] = [
  handlers,
  bodies,
  attributes,
  data,
  modes,
  others,
  deliveries,
  processDies,
  faults,
  trace,
  access,
];

/** out: the first thing that the case needs and the host declares not to have */
export const lackOf = ({ lacks }: Host, { needs = [] }: Case): Feature | undefined =>
  needs.find((feature) => lacks[feature] !== undefined);

/** What a delivery may need on a busy machine, and less than a sidecar waits for it. */
const LONGEST_DEADLINE_MS = 15_000;

/**
 * A case that waits for a deadline has a short one. Where something else than what hangs has outlasted it, nothing is shown, and
 * the case is run with ten times as much.
 *
 * out  what is not as the case says, in words; empty where all is well
 */
export async function runCase(host: Host, each: Case): Promise<readonly string[]> {
  const { wrong, trace } = await runOnce(host, each);
  const longer = 10 * (each.deadlineMs ?? Number.POSITIVE_INFINITY);
  const isTooShort = count(trace, "timed-out") !== count(trace, "hung");
  return isTooShort && longer <= LONGEST_DEADLINE_MS ? runCase(host, { ...each, deadlineMs: longer }) : wrong;
}

interface Run {
  readonly wrong: readonly string[];
  readonly trace: readonly TraceEntry[];
}

async function runOnce(host: Host, each: Case): Promise<Run> {
  const { steps, handler = "works", faults, topics, token, deadlineMs } = each;
  const running = await host.start({
    handler,
    ...(faults ? { faults } : {}),
    ...(topics ? { topics } : {}),
    ...(token === undefined ? {} : { token }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const wrong: string[] = [];
  try {
    for (const [index, step] of steps.entries()) {
      const found = await runStep(running, step, host.maxEventBytes);
      if (found !== undefined) wrong.push(`step ${index + 1}: ${found}`);
    }
  } finally {
    await running.stop();
  }
  const trace = running.trace();
  return { wrong: [...wrong, ...compare(trace, each)], trace };
}

async function runStep(running: Running, step: Step, maxEventBytes = MAX_BYTES): Promise<string | undefined> {
  if ("restart" in step) return running.restart(step.restart).then(() => undefined);
  if ("lose" in step) return running.deliver(step.lose).then(() => undefined);
  if ("advance" in step) {
    running.advance(step.advance);
    return undefined;
  }
  if ("together" in step) {
    const verdicts = await Promise.all(step.together.map((message) => running.deliver(message)));
    return verdicts.includes("done") ? undefined : "expected one to be done, got none";
  }
  if ("stopDuring" in step) return stopDuring(running, step.stopDuring);
  const before = letters(running.trace()).length;
  const verdict =
    "send" in step ? await running.deliver(messageOf(step.send, maxEventBytes)) : await redeliver(running, step.again);
  return judge(step.expect, { verdict, letters: letters(running.trace()).slice(before) });
}

const messageOf = (sent: Sent, maxEventBytes: number): Sending =>
  typeof sent === "function" ? sent(maxEventBytes) : sent;

const redeliver = (running: Running, message: Sending): Promise<Verdict> =>
  (running.redeliver ?? running.deliver)(message);

const AT_WORK_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 5;

async function stopDuring(running: Running, messages: readonly Sending[]): Promise<string | undefined> {
  const deliveries = messages.map((message) => running.deliver(message).catch(() => "no answer" as const));
  const deadline = performance.now() + AT_WORK_WITHIN_MS;
  while (handledIn(running.trace()).length < messages.length) {
    if (performance.now() > deadline) return `not all at work within ${AT_WORK_WITHIN_MS} ms`;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  await running.stop();
  const answers = await Promise.all(deliveries);
  const bad = answers.filter((answer) => answer !== "done");
  return bad.length === 0 ? undefined : `expected ${messages.length} to be done, got ${bad.length} of: ${bad[0]}`;
}

/** in  letters: the codes of the dead letters that the delivery brought about */
function judge(
  expected: Expected,
  { verdict, letters }: { readonly verdict: Verdict; readonly letters: readonly string[] },
): string | undefined {
  const codes = typeof expected === "object" ? [expected.dead] : [];
  const kind = expected === "retry" ? "again" : "done";
  if (verdict === kind && isDeepStrictEqual(letters, codes)) return undefined;
  const words = (kind: string, codes: readonly string[]) => [kind, ...codes].join(", dead letter: ");
  return `expected ${words(kind, codes)}, got ${words(verdict, letters)}`;
}

/** What can be seen in the end. */
function compare(trace: readonly TraceEntry[], each: Case): readonly string[] {
  const handled = handledIn(trace);
  const said = trace.filter((entry) => entry.what === "published");
  const topics = said.map(({ topic }) => topic);
  const ids = new Set(said.map(({ id }) => id)).size;
  const things = new Set(said.map(({ id, data }) => `${id} ${data}`)).size;
  const { published = each.ids === undefined ? [] : topics } = each;
  const [least, most] = rangeOf(each);
  const wrong: string[] = [];
  const check = (what: string, { expected, got }: { readonly expected: unknown; readonly got: unknown }) => {
    if (!isDeepStrictEqual(got, expected)) wrong.push(`${what}: expected ${show(expected)}, got ${show(got)}`);
  };
  if (handled.length < least || handled.length > most)
    wrong.push(`handled: expected ${least} to ${most} times, got ${handled.length}`);
  check("published", { expected: published, got: topics });
  check("different events", { expected: each.ids ?? published.length, got: ids });
  check("different things under those ids", { expected: ids, got: things });
  if (each.data) check("data", { expected: toText(each.data.is), got: handled.at(-1)?.data });
  if (each.id !== undefined) check("id", { expected: each.id, got: handled.at(-1)?.id });
  if (each.said !== undefined) check("said", { expected: toText(each.said), got: said.at(-1)?.data });
  if (each.traceId) check("trace id", { expected: each.traceId.is, got: said.at(-1)?.traceId });
  if (each.tracestate) check("tracestate", { expected: each.tracestate.is, got: said.at(-1)?.tracestate });
  return wrong;
}

function rangeOf({ handled, steps }: Case): readonly [number, number] {
  if (typeof handled === "object") return handled;
  const isDone = steps.some((step) => "expect" in step && step.expect === "ack");
  const times = handled ?? (isDone ? 1 : 0);
  return [times, times];
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length})` : text;
};

const count = (trace: readonly TraceEntry[], what: TraceEntry["what"]): number =>
  trace.filter((entry) => entry.what === what).length;
const handledIn = (trace: readonly TraceEntry[]) => trace.filter((entry) => entry.what === "handled");
const letters = (trace: readonly TraceEntry[]): readonly string[] =>
  trace.flatMap((entry) => (entry.what === "dead-letter" ? entry.code : []));
