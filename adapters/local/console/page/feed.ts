import type { Happening, Happenings, Status, SystemView } from "../api-types.ts";
import { get } from "./api.ts";
import { noteTold } from "./filter.ts";
import { getState, type Row, setState } from "./store.ts";
import { tally } from "./tally.ts";

/** In memory. What is older is asked for when somebody scrolls there. */
export const MOST_ROWS = 100_000;
/** Taken away at once: a list is moved once for many. */
const STEP = 5_000;
const FIRST = 500;
const AGAIN_MS = 2_000;
/** What comes within it is drawn once. Processes tell a little later than they do: so much of it is put in order. */
const TOGETHER_MS = 60;

const rows: Row[] = [];
let waiting: Happening[] = [];
let isPlanned = false;
let last = 0;
let order = 0;

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
  const source = new EventSource(`stream?after=${last}`);
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

/** in: ascending ids; what is known already is passed over */
function take(more: Happenings): void {
  waiting = waiting.concat(more.filter(({ id }) => id > last));
  last = waiting.at(-1)?.id ?? last;
  if (isPlanned || waiting.length === 0) return;
  isPlanned = true;
  setTimeout(merge, TOGETHER_MS);
}

function merge(): void {
  isPlanned = false;
  noteTold(waiting);
  const [{ id = 0 } = {}] = waiting;
  for (const row of waiting.sort((one, other) => one.at - other.at || one.id - other.id)) {
    rows.push(Object.assign(row, { order: ++order }));
    tally.add(row);
  }
  waiting = [];
  if (rows.length > MOST_ROWS + STEP) {
    rows.splice(0, rows.length - MOST_ROWS);
    setState({ first: rows.slice(0, FIRST).reduce((least, row) => Math.min(least, row.id), last) });
  }
  const { version, first } = getState();
  setState({ rows, version: version + 1, first: first || id });
}
