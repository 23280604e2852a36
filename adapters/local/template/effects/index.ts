import { createGreet } from "./greet.ts";

/** Everything that functions do to the world, made of the environment. */
export const createEffects = (env: Readonly<Record<string, string | undefined>>) => ({ greet: createGreet(env) });
