import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { MASK } from "../masked.ts";
import { type Pair, toDiff } from "./diff.ts";
import { type Line, toLines } from "./lines.ts";

interface DiffViewProps {
  /** As `parseJson` has it. Left out: there was none. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly masked: readonly string[];
}

/** What a document was, and what it has become: what is only in one of them is marked. */
export function DiffView({ before, after, masked }: DiffViewProps) {
  const [old, now] = [before, after].map((each) => (each === undefined ? [] : toLines(each, masked)));
  // A comma moves where a member is added behind it.
  const compared = (lines: readonly Line[] = []) => lines.map(({ text }) => text.replace(/,$/, ""));
  const pairs = before === undefined || after === undefined ? alone(now ?? []) : toDiff(compared(old), compared(now));
  return (
    <>
      <Side title="Document before" lines={old ?? []} pairs={pairs} side="before" />
      <Side title="Document after" lines={now ?? []} pairs={pairs} side="after" />
    </>
  );
}

/** Of one alone nothing is marked. */
const alone = (lines: readonly Line[]): readonly Pair[] => lines.map((_, at) => ({ before: at, after: at }));

interface SideProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly pairs: readonly Pair[];
  readonly side: "before" | "after";
}

/** Above what has changed, in pixels. */
const MARGIN = 60;
const NOTHING = { before: "There was none.", after: "It has saved none." };
const OTHER = { before: "after", after: "before" } as const;

function Side({ title, lines, pairs, side }: SideProps) {
  const isChange = ({ before, after }: Pair) => before === undefined || after === undefined;
  const first = pairs.findIndex(isChange);
  const changed = pairs.filter((pair) => pair[side] !== undefined && pair[OTHER[side]] === undefined).length;
  const Changed = side === "before" ? "del" : "ins";
  const frame = useRef<HTMLPreElement>(null);
  // What has changed is seen at once, and beside it what it was.
  useLayoutEffect(() => {
    const line = frame.current?.children[first];
    if (frame.current && line instanceof HTMLElement)
      frame.current.scrollTop = line.offsetTop - frame.current.offsetTop - MARGIN;
  }, [first]);
  return (
    <section class="story-part" aria-label={title}>
      <h3>
        {title} {changed > 0 && <span class="dim">{changed === 1 ? "1 line differs" : `${changed} lines differ`}</span>}
      </h3>
      {lines.length === 0 ? (
        <p class="dim">{NOTHING[side]}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre class="json diff" tabIndex={0} ref={frame}>
          {pairs.map((pair) => {
            const line = lines[pair[side] ?? -1];
            if (!line) return <span class="diff-gap">{"\n"}</span>;
            if (pair[OTHER[side]] !== undefined) return <Text key={pair[side]} line={line} />;
            return (
              <Changed key={pair[side]}>
                <Text line={line} />
              </Changed>
            );
          })}
        </pre>
      )}
    </section>
  );
}

function Text({ line: { before, secret, after } }: { line: Line }) {
  const [isShown, setShown] = useState(false);
  return (
    <span>
      {before}
      {secret && isShown && secret.text}
      {secret && !isShown && (
        <button
          type="button"
          class="masked"
          aria-label={`Show ${secret.name}`}
          title="Personal: show"
          onClick={() => setShown(true)}
        >
          {MASK}
        </button>
      )}
      {`${after}\n`}
    </span>
  );
}
