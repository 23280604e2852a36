import { useEffect, useId, useState } from "preact/hooks";
import type { Happening } from "../api-types.ts";
import { AgainMenu } from "./again-menu.tsx";
import { shortType } from "./short-type.ts";
import { getState, useStore } from "./store.ts";

const MOST = 20;

/** The last events that were brought to a function, to bring one once more. The list stands still while somebody chooses. */
export function RecentDelivery() {
  const id = useId();
  const [recent, setRecent] = useState(find);
  const [chosen, setChosen] = useState<number>();
  const version = useStore((state) => (recent.length === 0 ? state.version : 0));
  // The first ones come by themselves.
  useEffect(() => {
    if (version > 0) setRecent(find());
  }, [version]);
  const delivery = recent.find((each) => each.id === chosen) ?? recent[0];
  return (
    <section class="panel fault" aria-labelledby={id}>
      <h2 id={id}>Deliver again</h2>
      {delivery ? (
        <>
          <label>
            Delivery{" "}
            <select
              value={delivery.id}
              onFocus={() => setRecent(find())}
              onChange={(event) => setChosen(Number(event.currentTarget.value))}
            >
              {recent.map((each) => (
                <option key={each.id} value={each.id}>
                  {shortType(each.type)} → {each.app} {each.subject?.slice(0, 8)}
                </option>
              ))}
            </select>
          </label>
          <AgainMenu key={delivery.id} happening={delivery} />
        </>
      ) : (
        <p>
          Nothing has been delivered yet. <a href="#/send">Send an event</a> first.
        </p>
      )}
    </section>
  );
}

function find(): readonly Happening[] {
  const { rows } = getState();
  const found = new Map<string, Happening>();
  for (let at = rows.length - 1; at >= 0 && found.size < MOST; at--) {
    const row = rows[at];
    if (row?.kind !== "delivered" || row.type === undefined) continue;
    const key = `${row.app} ${row.entry}`;
    if (!found.has(key)) found.set(key, row);
  }
  return [...found.values()];
}
