import type { Check } from "../api-types.ts";
import { Badge, type Tone } from "./badge.tsx";
import { useStore } from "./store.ts";
import { Time } from "./time.tsx";

const TONES = { watching: "warn", held: "good", broken: "bad" } as const satisfies Record<Check["state"], Tone>;
const NONE: readonly Check[] = [];

/** What was broken here, what must happen since then, and whether it did: the newest first. */
export function Checks() {
  const checks = useStore(({ status }) => status?.checks ?? NONE);
  const newest = checks.toSorted((one, other) => other.id - one.id);
  return (
    <section class={`panel checks${checks.length > 0 ? " some" : ""}`} aria-labelledby="checks">
      <header>
        <h2 id="checks">Checks</h2>
        <Summary checks={checks} />
      </header>
      {newest.length === 0 && <p class="empty">Whatever you break is watched here until it has held, or has not.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ul aria-labelledby="checks" tabIndex={0}>
        {newest.map((check) => (
          <li key={check.id} class={check.state}>
            <p>
              <b>{check.fault}</b> <Badge tone={TONES[check.state]}>{check.state}</Badge> <Time at={check.at} />
            </p>
            <p class="must">{check.must}</p>
            {check.seen !== undefined && <p class="seen">{check.seen}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Summary({ checks }: { readonly checks: readonly Check[] }) {
  const counts = (["broken", "watching", "held"] as const).map((state) => ({
    state,
    count: checks.filter((check) => check.state === state).length,
  }));
  const some = counts.filter(({ count }) => count > 0);
  return <span class="dim">{some.map(({ state, count }) => `${count} ${state}`).join(" · ")}</span>;
}

/** Where a check stands now: for beside the button that began it. */
export function CheckState({ check }: { readonly check: Check }) {
  const now = useStore(({ status }) => status?.checks.find(({ id }) => id === check.id)) ?? check;
  return (
    <p class="check-state">
      {now.fault}: <Badge tone={TONES[now.state]}>{now.state}</Badge> {now.seen ?? now.must}
    </p>
  );
}
