import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface VirtualProps {
  readonly label: string;
  readonly count: number;
  /** px. */
  readonly rowHeight: number;
  readonly keyOf: (index: number) => number;
  /** A row is one link: what is reached by keyboard. */
  readonly row: (index: number, link: RowLink) => ComponentChildren;
  /** Whether somebody reads: what comes must not move it. */
  readonly onReading: (isReading: boolean) => void;
  /** The end is near. */
  readonly onEnd: () => void;
  /** What scrolls. */
  readonly box: RefObject<HTMLDivElement | null>;
}

/** Of a row's link. */
export interface RowLink {
  readonly tabIndex: number;
  onFocus(): void;
}

/** Drawn beside what is seen, so that scrolling shows no empty place. */
const BESIDE = 8;
const NEAR_END = 60;

/**
 * A list of which only what is seen is drawn. One of its rows is reached by Tab, others from there by arrows, Page Up and Down, Home
 * and End.
 */
export function Virtual({ label, count, rowHeight, keyOf, row, onReading, onEnd, box }: VirtualProps) {
  const [view, setView] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState<number>();
  const isFocused = useRef(false);

  const look = () => {
    if (!box.current) return;
    const { scrollTop: top, clientHeight: height } = box.current;
    setView((old) => (old.top === top && old.height === height ? old : { top, height }));
    onReading(top > 0 || isFocused.current);
  };
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(look);
    if (box.current) watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - BESIDE);
  const end = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BESIDE);
  useEffect(() => {
    if (end > count - NEAR_END) onEnd();
  });
  const indexes = Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  const reached = indexes.find((index) => keyOf(index) === active) ?? Math.ceil(view.top / rowHeight);

  const move = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    if (step === undefined || !box.current || count === 0) return;
    event.preventDefault();
    const index = Math.min(count - 1, Math.max(0, reached + step));
    const [above, below] = [index * rowHeight, (index + 1) * rowHeight];
    if (above < view.top) box.current.scrollTop = above;
    else if (below > view.top + view.height) box.current.scrollTop = below - view.height;
    look();
    setActive(keyOf(index));
    const key = keyOf(index);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-key="${key}"] a`)?.focus());
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys go from row to row, each of which is a link
    <div
      ref={box}
      class="virtual"
      onScroll={look}
      onKeyDown={move}
      onFocusIn={() => {
        isFocused.current = true;
        look();
      }}
      onFocusOut={() => {
        isFocused.current = false;
        look();
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: only some of its items are drawn */}
      <div role="list" aria-label={label} style={{ height: `${count * rowHeight}px` }}>
        {indexes.map((index) => {
          const key = keyOf(index);
          return (
            // biome-ignore lint/a11y/useSemanticElements: as its list
            <div
              key={key}
              role="listitem"
              data-key={key}
              aria-setsize={count}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
            >
              {row(index, { tabIndex: index === reached ? 0 : -1, onFocus: () => setActive(key) })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
