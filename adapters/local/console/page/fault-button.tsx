import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Check, Fault } from "../api-types.ts";
import { post } from "./api.ts";
import { labelOf } from "./fault-words.ts";
import { getState, setState, useStore } from "./store.ts";

interface Props {
  readonly fault: Fault;
  /** The id of what says what must happen. */
  readonly describedBy?: string | undefined;
  readonly class?: string;
  readonly onDone?: (check: Check) => void;
  readonly children?: ComponentChildren;
}

/** Does it without asking twice: it breaks nothing that somebody depends on. */
export function FaultButton({ fault, describedBy, onDone, children, ...others }: Props) {
  const [isAtWork, setAtWork] = useState(false);
  const [problem, setProblem] = useState<string>();
  const newest = useStore(({ status }) => status?.checks[0]?.id);
  // Why it could not be done is over when something else has been done.
  useEffect(() => setProblem(undefined), [newest]);

  const act = async () => {
    if (isAtWork) return;
    setAtWork(true);
    setProblem(undefined);
    try {
      const check = await post<Check>("faults", fault);
      show(check);
      onDone?.(check);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setAtWork(false);
  };

  return (
    <>
      {/* Not disabled while it works: that would take the focus from it. */}
      <button
        type="button"
        class={others.class}
        aria-busy={isAtWork}
        aria-describedby={describedBy}
        onClick={() => void act()}
      >
        {children ?? labelOf(fault)}
      </button>
      {problem !== undefined && (
        <span role="alert" class="wrong">
          {problem}
        </span>
      )}
    </>
  );
}

/** Before the next status brings it. */
function show(check: Check): void {
  const { status } = getState();
  if (!status || status.checks.some(({ id }) => id === check.id)) return;
  setState({ status: { ...status, checks: [check, ...status.checks] } });
}
