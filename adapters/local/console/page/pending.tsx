import { Badge } from "./badge.tsx";
import { useStore } from "./store.ts";

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
        <table class="letters-table" aria-label="Pending">
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
