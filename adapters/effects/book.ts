import type { Book } from "../../functions/shipping/handler.ts";
import { derivedId } from "../core/event/ids.ts";
import type { Environment } from "../core/host/deployed.ts";
import { attempts } from "./attempts.ts";

/** A dummy: no parcel moves, and the same key has the same number. */
export function createBook(env: Environment): Book {
  const attempt = attempts(env, "book");
  return async (request) => {
    attempt(request);
    return { tracking: `t-${derivedId("tracking", request.key)}` };
  };
}
