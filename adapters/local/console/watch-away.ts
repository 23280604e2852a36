import type { Happening, Part, Status } from "./api-types.ts";
import { SIDECARS } from "./control.ts";
import {
  broken,
  createScope,
  createTwice,
  END_MS,
  endOf,
  held,
  type Scope,
  SLACK_MS,
  STAYS_MS,
  seconds,
  type Verdict,
  type Watch,
  type Watching,
} from "./watch-parts.ts";

/** What only goes through it. */
const THROUGH: Readonly<Record<Part, readonly Happening["kind"][]>> = {
  broker: ["published", "delivered"],
  store: ["saved"],
};
const MUST_AWAY: Readonly<Record<Part, string>> = {
  broker: "Nothing is published or delivered; whoever asks an edge is answered, and that is said later, or refused.",
  store:
    "Nothing is saved; whoever asks an edge is refused, and an event that fails comes again: none is a dead letter.",
};
const MUST_BACK: Readonly<Record<Part, string>> = {
  broker: "What could not be said is said, and all that waits ends; no effect is tried under a second key.",
  store: "All that failed comes again and ends, none as a dead letter; no effect is tried under a second key.",
};

/** While it is away nothing goes through it, and what fails is not given up. */
export function watchAway(watching: Watching, what: Part): Watch {
  const began = watching.now();
  const scope = createScope(watching, () => true);
  let since = began;
  let isOver = false;
  let wrong: string | undefined;
  let failed = 0;
  const judge = ({ kind, app, at, outcome }: Happening) => {
    // Those that were killed know nothing of it until they are told again.
    if (kind === "service" && app === SIDECARS) since = watching.now();
    if (kind === "told" && outcome === "retry") failed++;
    if (THROUGH[what].includes(kind) && at > since + SLACK_MS) wrong = `something was ${kind} all the same`;
  };
  return {
    must: MUST_AWAY[what],
    see(row) {
      if (isOver || wrong !== undefined) return;
      if (row.kind === "fault" && row.how === `back ${what}`) isOver = true;
      else judge(row);
    },
    look(now) {
      if (wrong !== undefined) return broken(wrong);
      const lost = lostIn(scope);
      if (lost) return lost;
      if (!isOver && now - began < STAYS_MS) return undefined;
      const nothing = `nothing was ${THROUGH[what].join(" or ")}`;
      return held(`away for ${seconds(now - began)}`, nothing, `attempts that failed, and come again: ${failed}`);
    },
    close: scope.close,
  };
}

const lostIn = (scope: Scope): Verdict | undefined => {
  const lost = scope.givenUp();
  return lost && broken(`event ${lost.id} at ${lost.app} was given up: it is a dead letter`);
};

const unsaidIn = ({ pending }: Status): number => Object.values(pending).reduce((sum, { unsaid }) => sum + unsaid, 0);

/** What waited for it ends. in: how much was unsaid before it was taken away */
export function watchBack(watching: Watching, { what, unsaid }: { what: Part; unsaid: number }): Watch {
  const began = watching.now();
  const scope = createScope(watching, () => true);
  const twice = createTwice(watching);
  let isSaid = false;
  return {
    must: MUST_BACK[what],
    look(now) {
      const bad = twice() ?? lostIn(scope);
      if (bad) return bad;
      if (now - began <= SLACK_MS) return undefined;
      const left = unsaidIn(watching.status());
      isSaid ||= left <= unsaid;
      // What comes later has not waited for it.
      if (isSaid) scope.close();
      const end = endOf(scope, { since: began, now, first: [`back for ${seconds(now - began)}`] });
      if (end?.state !== "held" || isSaid) return end;
      return now - began < END_MS ? undefined : broken(`${left} documents still have something to say`);
    },
    close: scope.close,
  };
}

export const unsaidNow = ({ status }: Watching): number => unsaidIn(status());
