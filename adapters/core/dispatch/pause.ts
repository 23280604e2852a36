import type { Ports } from "./ports.ts";

/** Waits, for real where a host says nothing else. */
export const pause = (ms: number, { pause: wait = sleep }: Pick<Ports, "pause">): Promise<void> => wait(ms);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
