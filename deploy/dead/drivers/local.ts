import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../../../adapters/local/command-line.ts";
import { openKeptLetters } from "../../../adapters/local/kept-letters.ts";
import { readSession } from "../../../adapters/local/session.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { openClosedShop } from "../../resay/closed-shop.ts";
import { ask } from "../http.ts";
import { type Driver, eventIn, type GivenUp, type Held, isWanted, toLetter } from "../letter.ts";
import { toSent } from "../sent.ts";
import { type DriverOptions, functionsOf, NO_SECRET, topicsOf } from "./options.ts";

interface LocalHeld extends Held {
  readonly entry: number;
  readonly component: string;
  readonly givenUp: GivenUp | undefined;
}

/** Publishes on behalf of a system: each of its sidecars may be asked, and one of them may. */
interface Sidecars {
  readonly urls: readonly string[];
  readonly token?: string;
  close(): Promise<void>;
}

/** The letters of `npm start`, while it runs as well: then its sidecars publish, otherwise ours do, on its file. */
export async function openLocal({ at, system, env }: DriverOptions): Promise<Driver> {
  const data = resolve(at.data ?? ".local");
  const kept = openKept(join(data, "broker.db"));
  const secret = env.LETTER_SECRET || readSecret(join(data, "letter-secret"));
  let sidecars: Promise<Sidecars> | undefined;

  const toHeld = (entry: number): LocalHeld | undefined => {
    const found = kept.read(entry);
    if (!found) return undefined;
    const message = { headers: {}, body: found.body };
    const told = { secret, id: String(entry) };
    // Where its event was published stands in a letter of ours too, which goes past sidecars as bytes.
    const givenUp = toLetter(message, told).isSealed ? undefined : givenUpOf(message.body);
    const letter = toLetter(message, { ...told, givenUp });
    const place = givenUp ? givenUp.topic : letter.isSealed ? letter.topic : undefined;
    const body = async () => found.body;
    return { letter, place, givenUp, entry, component: found.component, body };
  };

  return {
    topics: topicsOf(system, env),
    async *letters(filter) {
      for (const entry of kept.entries()) {
        const held = toHeld(entry);
        if (held && isWanted(held.letter, filter)) yield held;
      }
    },
    async replay(held: LocalHeld, { topic, event }) {
      const letter = { headers: {}, body: await held.body() };
      const whom = { functionName: held.letter.function, functions: functionsOf(system) };
      const { body } = toSent(letter, { topic, ...whom, event, isGivenUp: held.givenUp !== undefined });
      // Once: whoever waits for another's end waits long.
      sidecars ??= openSidecars(data);
      const path = `${encodeURIComponent(held.component)}/${encodeURIComponent(topic)}`;
      try {
        await publish(await sidecars, { path, body });
      } catch (error) {
        // The system may have been started again, with other ports and tokens: the next letter goes to those.
        if (readSession(data)) sidecars = undefined;
        throw error;
      }
      kept.remove(held.entry);
    },
    drop: async (held: LocalHeld) => kept.remove(held.entry),
    note: () => (secret === undefined ? NO_SECRET : undefined),
    async close() {
      kept.close();
      const opened = await sidecars?.catch(() => undefined);
      await opened?.close();
    },
  };
}

function openKept(file: string) {
  try {
    return openKeptLetters(file);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

async function openSidecars(data: string): Promise<Sidecars> {
  const session = readSession(data);
  if (session) {
    const urls = session.services.map(({ sidecarUrl }) => sidecarUrl);
    return { urls, token: session.tokens.dapr, close: async () => {} };
  }
  const { ports, close } = await openClosedShop(data);
  return { urls: ports.map((port) => `http://127.0.0.1:${port}`), close };
}

/** throws: Error with what the sidecar answered */
async function publish(
  { urls, token }: Sidecars,
  { path, body }: { readonly path: string; readonly body: Uint8Array },
): Promise<void> {
  const headers = {
    "content-type": "application/cloudevents+json",
    ...(token === undefined ? {} : { "dapr-api-token": token }),
  };
  let refused = "no sidecar runs";
  for (const url of urls) {
    const { status, text } = await ask(`${url}/v1.0/publish/${path}`, { method: "POST", headers, body });
    if (status === 204) return;
    refused = `the sidecar answered ${status}: ${text.slice(0, 200)}`;
    // Another app may publish there.
    if (status !== 403) break;
  }
  throw new Error(refused);
}

/** A sidecar says of each event where it was published: nobody but it has moved this one here. */
function givenUpOf(body: Uint8Array): GivenUp | undefined {
  const { topic, expiration }: Partial<CloudEvent> = eventIn({ headers: {}, body }) ?? {};
  if (typeof topic !== "string" || topic === "dead-letters") return undefined;
  const isLate = typeof expiration === "string" && Date.parse(expiration) < Date.now();
  return { topic, reason: isLate ? "expired before it was delivered" : "its sidecar gave it up" };
}
