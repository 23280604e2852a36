import type { PendingEvent, PendingEvents } from "../api-types.ts";
import { Badge } from "./badge.tsx";
import { toHash } from "./route.ts";
import { shortType } from "./short-type.ts";
import { useStore } from "./store.ts";
import { useTick } from "./tick.ts";
import { Time, toDuration } from "./time.tsx";
import { usePending } from "./use-pending.ts";

const COLUMNS = [
  { name: "parked", title: "Failed, and taken out of the way of what comes after: tried again by itself" },
  { name: "unsaid", title: "Handled, and what it said is not published yet: said again by itself" },
  { name: "due", title: "To be said later, when its time has come" },
] as const;

/** What nobody delivers, and what comes all the same: by function. */
export function PendingView() {
  const pending = useStore(({ status }) => status?.pending);
  const rows = Object.entries(pending ?? {});
  const total = rows.reduce((sum, [, each]) => sum + COLUMNS.reduce((of, { name }) => of + each[name], 0), 0);
  const listed = usePending(total);
  return (
    <section class="panel pending" aria-labelledby="pending-title">
      <header>
        <h2 id="pending-title">Pending</h2>
        <span class="dim">{total === 0 ? "nothing" : "it goes on by itself"}</span>
      </header>
      {total === 0 ? (
        <p class="letters-none">
          Nothing is parked, unsaid or due. Take the store or the broker away while events come, and see what waits
          here.
        </p>
      ) : (
        <table class="letters-table pending-counts" aria-label="Pending">
          <thead>
            <tr>
              <th scope="col">Function</th>
              {COLUMNS.map(({ name, title }) => (
                <th scope="col" class="number" title={title} key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([app, each]) => (
              <tr key={app}>
                <th scope="row">{app}</th>
                {COLUMNS.map(({ name }) => (
                  <td class="number" key={name}>
                    {each[name] > 0 && name !== "due" ? <Badge tone="warn">{each[name]}</Badge> : each[name]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {listed && listed.events.length > 0 && <PendingTable listed={listed} />}
      <dl class="pending-words">
        {COLUMNS.map(({ name, title }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{title}.</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What was never published has no story yet: that of its subject tells where it comes from. */
const storyOf = (
  what: PendingEvent["what"],
  { event, subject = event }: { event: string; subject?: string | undefined },
) => (what === "parked" ? event : subject);

/** Each event, the earliest first. */
function PendingTable({ listed: { events, more } }: { listed: PendingEvents }) {
  const now = useTick();
  return (
    <table class="letters-table pending-events" aria-label="Pending events">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Story</th>
          <th scope="col">Time</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {events.map(({ app, what, at, event, type, subject, attempts, why }) => (
          <tr class="letter" key={`${app} ${what} ${event} ${at}`}>
            <th scope="row">
              {shortType(type)} <span class="dim">at {app}</span>
            </th>
            <td>
              {event !== undefined && (
                <a
                  class="mono"
                  href={toHash({ view: "story", id: storyOf(what, { event, subject }) })}
                  title="Its story"
                >
                  {subject ?? event}
                </a>
              )}
            </td>
            <td>
              <Time at={at} />
              {at > now && <span class="dim"> in {toDuration(at - now)}</span>}
            </td>
            <td>
              <Badge tone={what === "due" ? "dim" : "warn"}>{what}</Badge>
              {attempts !== undefined && <span class="dim"> failed {attempts} times</span>}
              {why !== undefined && <span class="letter-reason">{why}</span>}
            </td>
          </tr>
        ))}
        {more > 0 && (
          <tr>
            <td colSpan={4} class="dim">
              and {more} more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
