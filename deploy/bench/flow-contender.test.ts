import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { followEffects } from "./flow-contender.ts";

const STEPS = ["created", "paid", "shipped"].map((step) => `mail:one/com.example.order.${step}.v1`);
const ALL = ["charge:one", ...STEPS.slice(0, 2), "book:one", ...STEPS.slice(2)];

function followNew() {
  const folder = mkdtempSync(join(tmpdir(), "loosely-effects-"));
  const effectsLog = join(folder, "effects.jsonl");
  const follower = followEffects({ name: "a shop", effectsLog });
  onTestFinished(() => {
    follower.close();
    rmSync(folder, { recursive: true });
  });
  const write = (text: string) => appendFileSync(effectsLog, text);
  const toLine = (effect: string) => {
    const [kind, key] = effect.split(":");
    return `${JSON.stringify({ kind, key, event: "e" })}\n`;
  };
  return { follower, write, attempt: (effects: readonly string[]) => write(effects.map(toLine).join("")), toLine };
}

it("an order is shipped once its customer was told so, and not before a line is whole", async () => {
  const { follower, write, attempt, toLine } = followNew();
  attempt(ALL.slice(0, -1));
  const last = toLine(ALL.at(-1) ?? "");
  write(last.slice(0, 20));
  let isShipped = false;
  const shipped = follower.shipped(["one"]).then(() => {
    isShipped = true;
  });
  expect(follower.count("book", ["one", "two"])).toBe(1);
  expect(isShipped).toBe(false);
  write(last.slice(20));
  await shipped;
  follower.check(["one"]);
});

it.each([
  ["an effect that was never tried", ALL.slice(1), "a shop: charge: 1 never tried"],
  ["a mail that was tried twice", [...ALL, "mail:one/com.example.order.paid.v1"], "a shop: mail: 1 too many"],
])("%s is an error: who is fast and wrong is not measured", (_, effects, message) => {
  const { follower, attempt } = followNew();
  attempt(effects);
  expect(() => follower.check(["one"])).toThrow(message);
});
