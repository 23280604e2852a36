import { Badge } from "./badge.tsx";
import { useStore } from "./store.ts";

/** Whether it adds up: what was owed has ended, and how. */
export function SumsView() {
  const sums = useStore(({ status }) => status?.sums);
  if (!sums) return null;
  const { events, owed, handled, passed, dead, open, effects } = sums;
  const ended = handled + passed + dead;
  const isEven = ended + open === owed;
  return (
    <section class="panel sums" aria-labelledby="sums">
      <header>
        <h2 id="sums">Does it add up?</h2>
        <Badge tone={isEven ? (open === 0 ? "good" : "warn") : "bad"}>
          {isEven ? (open === 0 ? "yes" : `${open} open`) : `${Math.abs(owed - ended - open)} astray`}
        </Badge>
      </header>
      <dl>
        <Sum name="events published" count={events} />
        <Sum name="deliveries owed" count={owed} />
        <Sum name="handled" count={handled} />
        <Sum name="ignored or duplicate" count={passed} />
        <Sum name="dead" count={dead} />
        <Sum name="open" count={open} />
        {effects.map(({ kind, tried, keys }) => (
          <Sum key={kind} name={`${kind}: tried`} count={tried} more={`under ${keys.toLocaleString("en")} keys`} />
        ))}
      </dl>
    </section>
  );
}

function Sum({ name, count, more = "" }: { readonly name: string; readonly count: number; readonly more?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {count.toLocaleString("en")} {more && <small>{more}</small>}
      </dd>
    </div>
  );
}
