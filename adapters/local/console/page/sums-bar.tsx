import type { Sums as SumsOf } from "../api-types.ts";
import { Badge } from "./badge.tsx";
import { toHash } from "./route.ts";
import { useStore } from "./store.ts";

const number = new Intl.NumberFormat("en");

/** Whether it adds up, and who is there. */
export function SumsBar() {
  const status = useStore((state) => state.status);
  const { sums, services = [], broken = [] } = status ?? {};
  return (
    <section class="sums-bar" aria-label="Sums and services">
      {sums && <Deliveries sums={sums} />}
      {sums && sums.effects.length > 0 && <Effects effects={sums.effects} />}
      <ul class="service-list" aria-label="Services">
        {services.map(({ name, state }) => (
          <li key={name}>
            <a
              href={toHash({ view: "events", query: { app: name } })}
              class={state === "up" ? "service-link" : "service-link bad"}
            >
              <span class={`dot ${state}`} aria-hidden="true" />
              {name}
              <span class={state === "up" ? "unseen" : ""}> {state}</span>
            </a>
          </li>
        ))}
        {broken.map((what) => (
          <li key={`broken ${what}`}>
            <a href={toHash({ view: "break" })} class="service-link bad">
              {what} away
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is owed is what has become of it. */
function Deliveries({ sums: { events, owed, handled, passed, dead, open } }: { sums: SumsOf }) {
  const isRight = owed === handled + passed + dead + open;
  return (
    <dl class="deliveries">
      <Sum name="events" value={events} title="Said, by anybody" />
      <Sum name="owed" value={owed} title="An event for each function that hears its topic" />
      <Sum name="handled" value={handled} sign="equals" />
      <Sum name="passed over" value={passed} sign="plus" title="Ignored, or a duplicate" />
      <Sum name="dead" value={dead} sign="plus" isBad={dead > 0} />
      <Sum name="open" value={open} sign="plus" title="On its way" />
      <div class="verdict">
        <dt class="unseen">sums</dt>
        <dd>{isRight ? <Badge tone="good">✓ adds up</Badge> : <Badge tone="bad">✗ does not add up</Badge>}</dd>
      </div>
    </dl>
  );
}

interface SumProps {
  readonly name: string;
  readonly value: number;
  readonly title?: string;
  /** Before it, for who sees the whole sum. */
  readonly sign?: "equals" | "plus";
  readonly isBad?: boolean;
}

const Sum = ({ name, value, title, sign, isBad = false }: SumProps) => (
  <div title={title} class={sign}>
    <dt>{name}</dt>
    <dd class={isBad ? "bad" : ""}>{number.format(value)}</dd>
  </div>
);

/** Tried more often than there are keys: again, under the same key. */
const Effects = ({ effects }: { effects: SumsOf["effects"] }) => (
  <dl class="effects" aria-label="Effects">
    {effects.map(({ kind, tried, keys }) => (
      <div key={kind} title={`${kind}: tried ${tried} times, under ${keys} keys`}>
        <dt>{kind}</dt>
        <dd>
          {number.format(keys)}
          {tried > keys && <span class="dim"> ({number.format(tried)} tries)</span>}
        </dd>
      </div>
    ))}
  </dl>
);
