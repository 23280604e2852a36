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
      <Sum sign="=" name="handled" value={handled} />
      <Sum sign="+" name="passed over" value={passed} title="Ignored, or a duplicate" />
      <Sum sign="+" name="dead" value={dead} tone={dead > 0 ? "bad" : ""} />
      <Sum sign="+" name="open" value={open} title="On its way" />
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
  readonly tone?: string;
  /** Drawn before it: a list of terms holds nothing else. */
  readonly sign?: "=" | "+";
}

const Sum = ({ name, value, title, tone = "", sign }: SumProps) => (
  <div title={title} data-sign={sign}>
    <dt>{name}</dt>
    <dd class={tone}>{number.format(value)}</dd>
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
