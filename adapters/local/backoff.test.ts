import { expect, test } from "vitest";
import { createBackoff } from "./backoff.ts";

const policy = { policy: "exponential", duration: 5_000, maxInterval: 2_000, maxRetries: 6 } as const;
const waitsOf = (backoff: ReturnType<typeof createBackoff>, most: number) =>
  Array.from({ length: most }, () => backoff.next());

test.each([
  ["no policy: one attempt", undefined, 0.5, [undefined]],
  ["constant", { ...policy, policy: "constant", maxRetries: 2 } as const, 0.5, [5_000, 5_000, undefined]],
  ["exponential: from 0.5 s whatever the duration", policy, 0.5, [500, 750, 1_125, 1_687.5, 2_000, 2_000, undefined]],
  ["exponential: half shorter by chance", policy, 0, [250, 375, 562.5, 843.75, 1_000, 1_000, undefined]],
])("%s", (_name, given, chance, waits) => {
  expect(
    waitsOf(
      createBackoff(given, () => chance),
      waits.length,
    ),
  ).toEqual(waits);
});

test("an exponential policy without a limit of retries ends after 15 minutes, a constant one never", () => {
  const endless = { ...policy, maxInterval: 60_000, maxRetries: -1 };
  const waits = waitsOf(
    createBackoff(endless, () => 0.5),
    100,
  ).filter((wait) => wait !== undefined);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(15 * 60_000);
  expect(waitsOf(createBackoff({ ...endless, policy: "constant" }), 1_000)).not.toContain(undefined);
});
