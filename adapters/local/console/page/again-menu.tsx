import { useId, useState } from "preact/hooks";
import type { Check, Fault, Happening } from "../api-types.ts";
import { CheckState } from "./checks.tsx";
import { FaultButton } from "./fault-button.tsx";
import { labelOf, MUST } from "./fault-words.ts";
import { useStore } from "./store.ts";

const LATE_MS = 10_000;

const WAYS = [
  { times: 1, afterMs: 0, must: MUST.again },
  { times: 1, afterMs: LATE_MS, must: MUST.late },
  { times: 2, afterMs: 0, must: MUST.twice },
] as const;

/** Brings a function an event once more that it has had: nothing where that cannot be done here, or it was no delivery. */
export function AgainMenu({ happening }: { readonly happening: Happening }) {
  const id = useId();
  const [check, setCheck] = useState<Check>();
  const canDo = useStore(({ system }) => system?.faults.includes("again") ?? false);
  const { app, entry } = happening;
  if (!canDo || app === undefined || entry === undefined || happening.kind === "published") return null;
  return (
    <fieldset class="again">
      <legend>Once more to {app}</legend>
      <ul>
        {WAYS.map(({ must, ...way }, index) => {
          const fault: Fault = { do: "again", app, entry, ...way };
          return (
            <li key={labelOf(fault)}>
              <FaultButton fault={fault} describedBy={`${id}-${index}`} onDone={setCheck} />
              <span id={`${id}-${index}`}>{must}</span>
            </li>
          );
        })}
      </ul>
      {check && <CheckState check={check} />}
    </fieldset>
  );
}
