import { styleText } from "node:util";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { System } from "../../functions/kernel/system.ts";
import { type Tail, untilSeen } from "../story/files.ts";
import { createFollowing } from "../story/following.ts";
import { type Letters, toLetters, toRow, toSum } from "../story/text.ts";
import type { Told } from "../story/told.ts";
import { lastWords } from "../story/tree.ts";
import { createWaiting } from "./waiting.ts";

interface Follow {
  readonly event: CloudEvent;
  readonly hearers: readonly string[];
  readonly tail: Tail;
  readonly waitMs: number;
  readonly letters: Letters;
  readonly print: (text: string) => void;
}

/** Tells what becomes of an event until its story is over. out: whether it was in time, and all of it was handled */
export async function follow(
  system: System<never>,
  { event: { id, type }, hearers, tail, waitMs, letters, print }: Follow,
): Promise<boolean> {
  const waiting = createWaiting(system, { id, type, hearers });
  const following = createFollowing(({ event }) => event === id);
  const story: Told[] = [];
  const end = AbortSignal.timeout(waitMs);
  await untilSeen(() => {
    for (const line of tail.read().toSorted((one, other) => one.time - other.time))
      for (const chapter of following.hear(line)) {
        print(toRow(chapter));
        story.push(chapter.told);
        waiting.hear(chapter.told);
      }
    return waiting.isOver();
  }, end);
  const words = lastWords(story);
  const isWell = waiting.isOver() && words.every(({ outcome }) => outcome === "ack");
  if (words.length > 0) print(styleText(isWell ? "green" : "yellow", toSum(words)));
  if (!waiting.isOver())
    print(styleText("red", `not told within ${waitMs / 1_000} s: ${waiting.missing.join(", ") || "what came first"}`));
  for (const letter of toLetters(words, letters)) print(letter);
  return isWell;
}
