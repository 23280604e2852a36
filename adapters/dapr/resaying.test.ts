import { expect, it, vi } from "vitest";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { OrderRequested } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { dispatch } from "../core/dispatch/dispatch.ts";
import { createWorld, toEvent } from "../core/dispatch/test-world.ts";
import { createEffects } from "../effects/index.ts";
import { createResaying } from "./resaying.ts";

const [order] = createFunctions(system, createEffects({})) as [FunctionDefinition];
const SINCE = Date.parse("2026-11-25T10:00:00Z");
const signal = new AbortController().signal;

async function start(since: number | undefined) {
  const { ports, said } = createWorld();
  await dispatch(order, { event: toEvent(OrderRequested(OrderRequested.sample)), fromEdge: true }, ports);
  said.length = 0;
  const logger = { info: vi.fn(), warn: vi.fn() };
  const isAway = vi.fn(() => false);
  const publish: typeof ports.publish = async (events) => {
    if (isAway()) throw new Error("away");
    await ports.publish(events);
  };
  const create = () => createResaying(order, { ports: { ...ports, publish }, isLost: () => true, since, logger });
  return { create, said, logger, isAway };
}

it("says again what was lost, once, and tells so", async () => {
  const { create, said, logger } = await start(SINCE);
  const resaying = create();
  await resaying(signal);
  await resaying(signal);
  expect(said).toHaveLength(1);
  await create()(signal);
  expect(said).toHaveLength(1);
  const since = "2026-11-25T10:00:00.000Z";
  expect(logger.info.mock.calls).toEqual([
    [{ since, looked: 1, said: 1, failed: 0 }, "said again"],
    [{ since }, "was said again before"],
  ]);
});

it("goes on with the next look where the broker is still away", async () => {
  const { create, said, logger, isAway } = await start(SINCE);
  const resaying = create();
  isAway.mockReturnValueOnce(true);
  await resaying(signal);
  expect([said.length, logger.warn.mock.calls.length]).toEqual([0, 1]);
  await resaying(signal);
  expect(said).toHaveLength(1);
});

it("says nothing where nothing is known to be lost", async () => {
  const { create, said, logger } = await start(undefined);
  await create()(signal);
  expect([said, logger.info.mock.calls]).toEqual([[], []]);
});
