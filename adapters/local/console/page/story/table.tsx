import { Badge } from "../badge.tsx";
import { shortType } from "../short-type.ts";
import { toClock, toDuration } from "../time.tsx";
import { type Run, resultOfLane, toneOf, toRuns } from "./result.ts";
import { type RowPicture, toBars, toPictures } from "./row-picture.ts";
import type { Scale } from "./scale.ts";
import { Timeline } from "./timeline.tsx";
import type { Lane, Waterfall } from "./waterfall.ts";
import { toEffects, toSteps } from "./words.ts";

interface StoryTableProps {
  readonly waterfall: Waterfall;
  readonly scale: Scale;
  /** A lane's key. */
  readonly selected?: string | undefined;
  readonly onSelect: (key: string) => void;
}

/** The waterfall: a row for each function and event, and one for each attempt where there were several. */
export function StoryTable({ waterfall, scale, selected, onSelect }: StoryTableProps) {
  const pictures = toPictures(waterfall, scale);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrows between the buttons in it, which Tab reaches too
    <div class="story-scroll" onKeyDown={byArrows}>
      <table class="story-table" aria-label="Story">
        <thead>
          <tr>
            <th scope="col">Function and event</th>
            <th scope="col">Came of it</th>
            <th scope="col" class="number">
              Worked
            </th>
            <th scope="col" class="number">
              Waited
            </th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col" class="story-time">
              <span class="unseen">When</span>
              <Ruler scale={scale} from={waterfall.from} />
            </th>
          </tr>
        </thead>
        <tbody>
          {waterfall.lanes.map((lane, index) => (
            <LaneRows
              key={lane.key}
              lane={lane}
              scale={scale}
              picture={pictures[index] as RowPicture}
              start={waterfall.from}
              isSelected={lane.key === selected}
              onSelect={() => onSelect(lane.key)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function byArrows(event: KeyboardEvent & { currentTarget: HTMLElement }) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button.story-name")];
  const next = buttons[buttons.indexOf(document.activeElement as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
}

/** Behind this there is no room for a time beside it. */
const LAST = 0.9;

/** For the eye alone: it is drawn by its style, and each row says its times in words. */
const Ruler = ({ scale, from }: { scale: Scale; from: number }) => (
  <div class="ruler" aria-hidden="true">
    {scale.ticks.map(({ ms, text }) => (
      <span
        key={ms}
        class={scale.at(from + ms) > LAST ? "last" : ""}
        data-text={text}
        style={{ left: `${scale.at(from + ms) * 100}%` }}
      />
    ))}
    {scale.pieces.map(
      ({ isCut, begin, end, from: begun, to }) =>
        isCut && (
          <span
            key={begin}
            class="cut"
            data-text={toDuration(to - begun)}
            style={{ left: `${begin * 100}%`, width: `${(end - begin) * 100}%` }}
          />
        ),
    )}
  </div>
);

interface LaneRowsProps {
  readonly lane: Lane;
  readonly scale: Scale;
  readonly picture: RowPicture;
  readonly start: number;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

/** Deeper is drawn as this. */
const DEEPEST = 8;

function LaneRows({ lane, scale, picture, start, isSelected, onSelect }: LaneRowsProps) {
  const { app = "nobody", head, attempts, depth, fate } = lane;
  const runs = attempts.length > 1 ? toRuns(attempts) : [];
  const effects = toEffects(lane.marks);
  const level = { "--depth": Math.min(depth, DEEPEST) };
  return (
    <>
      <tr class={`${isSelected ? "selected" : ""} ${fate === "ignored" ? "passed" : ""}`} onClick={onSelect}>
        <th scope="row" class="story-lane" style={level}>
          <button type="button" class="story-name plain" aria-pressed={isSelected}>
            <span class="story-app">{app}</span> <span>{shortType(head.type)}</span>
          </button>
        </th>
        <td class="story-result">
          <Badge tone={toneOf(fate)}>{resultOfLane(lane)}</Badge>
          {effects && <span class="dim"> {effects}</span>}
        </td>
        <td class="number worked">{toDuration(lane.workedMs)}</td>
        <td class="number">{toDuration(lane.waitedMs)}</td>
        <td class="number">{attempts.length > 1 ? <Badge tone="warn">{attempts.length}</Badge> : attempts.length}</td>
        <td class="story-time">
          <Timeline picture={picture} scale={scale} start={start} />
          <span class="unseen">
            {toSteps(lane)
              .map(({ at, text }) => `${toClock(at)} ${text}`)
              .join("; ")}
          </span>
        </td>
      </tr>
      {runs.map((run) => (
        <RunRow
          key={run.name}
          run={run}
          lane={lane}
          level={level}
          guides={picture.guides}
          scale={scale}
          start={start}
        />
      ))}
    </>
  );
}

interface RunRowProps extends Pick<LaneRowsProps, "lane" | "scale" | "start"> {
  readonly run: Run;
  readonly level: { readonly "--depth": number };
  readonly guides: RowPicture["guides"];
}

function RunRow({ run: { name, result, attempts }, lane, level, guides, scale, start }: RunRowProps) {
  const [first, last] = [attempts[0], attempts.at(-1)];
  if (!first || !last) return null;
  const worked = attempts.reduce((sum, { work }) => sum + (work ? work.to - work.from : 0), 0);
  const picture = {
    bars: toBars({ waits: [], attempts }, scale),
    marks: [],
    guides: guides.filter(({ to }) => to === 1).map(({ x }) => ({ x, from: 0, to: 1 })),
  };
  return (
    <tr class="run">
      <th scope="row" style={level}>
        <span class="unseen">
          {lane.app} {shortType(lane.head.type)},{" "}
        </span>
        {name}
      </th>
      <td class="story-result">
        <Badge tone={toneOf(first.fate)}>{result}</Badge>
      </td>
      <td class="number worked">{toDuration(worked)}</td>
      <td class="number" />
      <td class="number">{attempts.length}</td>
      <td class="story-time">
        <Timeline picture={picture} scale={scale} start={start} />
        <span class="unseen">
          {toClock(first.from)} to {toClock(last.to)}
        </span>
      </td>
    </tr>
  );
}
