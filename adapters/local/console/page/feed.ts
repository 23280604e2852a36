import type { Happening, Happenings, Status, SystemView } from "../api-types.ts";
import { get } from "./api.ts";
import { noteTold } from "./filter.ts";
import { getState, setState } from "./store.ts";
import { tally } from "./tally.ts";

/** In memory. What is older is asked for when somebody scrolls there. */
export const MOST_ROWS = 100_000;
/** Taken away at once: a list is moved once for many. */
const STEP = 5_000;
const FIRST = 500;
const AGAIN_MS = 2_000;
/** While nobody sees the page, no frame is drawn. */
const HIDDEN_MS = 1_000;

const rows: Happening[] = [];
let waiting: Happening[] = [];
let isPlanned = false;

/** Follows what happens from now on, for as long as the page is there. */
export async function openFeed(): Promise<void> {
  try {
    const [system, status, newest] = await Promise.all([
      get<SystemView>("system"),
      get<Status>("status"),
      get<Happenings>(`happenings?limit=${FIRST}`),
    ]);
    take([...newest].reverse());
    setState({ system, status });
    follow();
  } catch (error) {
    setState({ connection: "lost", problem: (error as Error).message });
    setTimeout(openFeed, AGAIN_MS);
  }
}

function follow(): void {
  const source = new EventSource(`stream?after=${waiting.at(-1)?.id ?? rows.at(-1)?.id ?? 0}`);
  source.addEventListener("open", () => {
    if (getState().connection === "lost") void lookAgain();
    setState({ connection: "live", problem: undefined });
  });
  source.addEventListener("error", () => {
    setState({ connection: "lost" });
    // Else the browser tries again by itself, and says what it had last.
    if (source.readyState !== EventSource.CLOSED) return;
    setState({ problem: "This address leads nowhere any more: npm start shows the one of now." });
    setTimeout(follow, AGAIN_MS);
  });
  source.addEventListener("happenings", ({ data }) => take(JSON.parse(data)));
  source.addEventListener("status", ({ data }) => setState({ status: JSON.parse(data) }));
}

/** Another run may be another system. */
async function lookAgain(): Promise<void> {
  const system = await get<SystemView>("system").catch(() => undefined);
  if (system && system.started !== getState().system?.started) setState({ system });
}

/** Once a frame, however many came meanwhile. in: oldest first; what is known already is passed over */
function take(more: Happenings): void {
  const last = waiting.at(-1)?.id ?? rows.at(-1)?.id ?? 0;
  waiting.push(...more.filter(({ id }) => id > last));
  if (isPlanned || waiting.length === 0) return;
  isPlanned = true;
  if (document.hidden) setTimeout(merge, HIDDEN_MS);
  else requestAnimationFrame(merge);
}

function merge(): void {
  isPlanned = false;
  noteTold(waiting);
  for (const row of waiting) {
    rows.push(row);
    tally.add(row);
  }
  waiting = [];
  if (rows.length > MOST_ROWS + STEP) rows.splice(0, rows.length - MOST_ROWS);
  setState({ rows, version: getState().version + 1 });
}
