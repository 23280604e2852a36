import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { Fault, SystemView } from "../api-types.ts";
import { Badge, type Tone } from "./badge.tsx";
import { Checks } from "./checks.tsx";
import { FaultButton } from "./fault-button.tsx";
import { MUST } from "./fault-words.ts";
import { RecentDelivery } from "./recent-delivery.tsx";
import { useStore } from "./store.ts";

/** Everything that may break, a button each, what must happen then, and whether it did. */
export function BreakView() {
  const system = useStore((state) => state.system);
  if (!system) return null;
  if (system.faults.length === 0)
    return <p class="empty">Nothing can be broken from here: only what npm start runs on this machine can.</p>;
  const can = (name: Fault["do"]) => system.faults.includes(name);
  return (
    <div class="break-view">
      <div class="break-head">
        <h1>Break it</h1>
        <p class="dim">
          Nothing asks twice here: it is all on this machine. What must happen stands beside each button.
        </p>
      </div>
      <div class="faults">
        {can("kill") && <Kill />}
        {can("stop") && can("start") && <Stop />}
        {can("away") && can("back") && <Away />}
        {can("fail") && <Fail system={system} />}
        {can("again") && <RecentDelivery />}
        {can("clock") && <Clock system={system} />}
      </div>
      <Checks />
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly children: (describedBy: string) => ComponentChildren;
  readonly must: string;
}

function Card({ title, must, children }: CardProps) {
  const id = useId();
  return (
    <section class="panel fault" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <p id={id}>{must}</p>
      {children(id)}
    </section>
  );
}

const useServices = () => useStore(({ status }) => status?.services) ?? [];

function Kill() {
  const services = useServices();
  return (
    <Card title="Kill a process" must={MUST.kill}>
      {(describedBy) => (
        <div class="buttons">
          {services.map(({ name }) => (
            <FaultButton key={name} class="danger" fault={{ do: "kill", what: name }} describedBy={describedBy} />
          ))}
        </div>
      )}
    </Card>
  );
}

const TONES: Readonly<Record<string, Tone>> = { up: "good", starting: "warn", down: "bad", stopped: "bad" };

function Stop() {
  const services = useServices();
  return (
    <Card title="Stop it, and start it" must={MUST.stop}>
      {(describedBy) => (
        <ul class="toggles">
          {services.map(({ name, state }) => (
            <li key={name}>
              <Toggle isBroken={state === "stopped"} describedBy={describedBy} what={name} words={["stop", "start"]} />{" "}
              <Badge tone={TONES[state] ?? "plain"}>{state}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Away() {
  const broken = useStore(({ status }) => status?.broken);
  const id = useId();
  return (
    <section class="panel fault" aria-labelledby={id}>
      <h2 id={id}>Take away what they reach</h2>
      <ul class="toggles wide">
        {(["broker", "store"] as const).map((what) => {
          const isAway = broken?.includes(what) ?? false;
          return (
            <li key={what}>
              <Toggle isBroken={isAway} describedBy={`${id}-${what}`} what={what} words={["away", "back"]} />{" "}
              <Badge tone={isAway ? "bad" : "good"}>{isAway ? "away" : "there"}</Badge>
              <p id={`${id}-${what}`}>{MUST[what]}</p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

interface ToggleProps {
  readonly isBroken: boolean;
  readonly what: string;
  readonly describedBy: string;
  /** What breaks it, and what mends it. */
  readonly words: readonly ["stop", "start"] | readonly ["away", "back"];
}

/** One button, so that whoever has broken it is already where it is mended. */
function Toggle({ isBroken, what, describedBy, words: [broken, mended] }: ToggleProps) {
  const fault = { do: isBroken ? mended : broken, what } as Fault;
  return <FaultButton class={isBroken ? "primary" : ""} fault={fault} describedBy={describedBy} />;
}

function Fail({ system }: { readonly system: SystemView }) {
  const names = system.functions.map(({ name }) => name);
  const [app, setApp] = useState(names[0] ?? "");
  const [times, setTimes] = useState(3);
  return (
    <Card title="Fail the next deliveries" must={MUST.fail}>
      {(describedBy) => (
        <div class="buttons">
          <Select label="Function" options={names} value={app} onChoose={setApp} />
          <label>
            Times{" "}
            <input
              type="number"
              min={1}
              max={100}
              value={times}
              onInput={({ currentTarget: { valueAsNumber: number } }) =>
                Number.isInteger(number) && number > 0 && setTimes(number)
              }
            />
          </label>
          <FaultButton fault={{ do: "fail", app, times }} describedBy={describedBy} />
        </div>
      )}
    </Card>
  );
}

const HOUR = 3_600_000;
const AHEAD = { "1 hour": HOUR, "1 day": 24 * HOUR, "29 days": 29 * 24 * HOUR, "not at all": 0 } as const;

function Clock({ system }: { readonly system: SystemView }) {
  const names = system.functions.map(({ name }) => name);
  const [what, setWhat] = useState(names[0] ?? "");
  const [ahead, setAhead] = useState<string>("1 hour");
  return (
    <Card title="Let a clock jump" must={MUST.clock}>
      {(describedBy) => (
        <div class="buttons">
          <Select label="Service" options={names} value={what} onChoose={setWhat} />
          <Select label="Ahead by" options={Object.keys(AHEAD)} value={ahead} onChoose={setAhead} />
          <FaultButton
            fault={{ do: "clock", what, byMs: AHEAD[ahead as keyof typeof AHEAD] }}
            describedBy={describedBy}
          />
        </div>
      )}
    </Card>
  );
}

interface SelectProps {
  readonly label: string;
  readonly options: readonly string[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
}

const Select = ({ label, options, value, onChoose }: SelectProps) => (
  <label>
    {label}{" "}
    <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  </label>
);
