import { useEffect, useMemo, useState } from "preact/hooks";
import type { Story } from "../api-types.ts";
import { Badge } from "./badge.tsx";
import { go, toHash, useRoute } from "./route.ts";
import { useStore } from "./store.ts";
import { StoryDetail, titleOf } from "./story/detail.tsx";
import { toneOf } from "./story/result.ts";
import { saveJson, savePicture } from "./story/save.ts";
import { toScale } from "./story/scale.ts";
import { NoStory } from "./story/search.tsx";
import { toSum } from "./story/sum.ts";
import { StoryTable } from "./story/table.tsx";
import { useStory } from "./story/use-story.ts";
import { busyOf, isRunning, type Lane, toWaterfall, type Waterfall } from "./story/waterfall.ts";
import { Time, toDuration } from "./time.tsx";

/** All of one story: who waited, who worked, what led to what; of one row of it, everything. */
export function StoryView() {
  const { id } = useRoute();
  const asked = useStory(id);
  if (!id || !asked.story) return <NoStory id={id} {...asked} />;
  return <Told story={asked.story} problem={asked.problem} />;
}

interface ToldProps {
  readonly story: Story;
  readonly problem: string | undefined;
}

function Told({ story, problem }: ToldProps) {
  const { id, query } = useRoute();
  const system = useStore((state) => state.system);
  const waterfall = useWaterfall(story);
  const passed = waterfall.lanes.filter(({ fate }) => fate === "ignored");
  const isAll = query.ignored === "shown" || passed.length === waterfall.lanes.length;
  const shown = useMemo(
    () => (isAll ? waterfall : { ...waterfall, lanes: waterfall.lanes.filter(({ fate }) => fate !== "ignored") }),
    [waterfall, isAll],
  );
  const scale = useMemo(() => toScale(waterfall.lanes.flatMap(busyOf), waterfall), [waterfall]);
  const lane = shown.lanes.find(({ key }) => key === query.row) ?? toBeSeen(shown);
  const select = (changes: Readonly<Record<string, string>>) =>
    go({ view: "story", ...(id && { id }), query: { ...query, ...changes } }, { replace: true });
  return (
    <div class="story">
      <section class="panel" aria-label="Waterfall">
        <header>
          <h1>
            Story of <span class="mono">{story.happenings.find(({ subject }) => subject)?.subject ?? story.asked}</span>
          </h1>
          <span class="story-buttons">
            <button type="button" onClick={() => saveJson(story, system)}>
              Save JSON
            </button>
            <button type="button" onClick={() => savePicture(shown, story.asked)}>
              Save picture
            </button>
          </span>
        </header>
        {problem && (
          <p class="story-note" role="alert">
            <Badge tone="bad">{problem}</Badge> What is drawn was so before.
          </p>
        )}
        <Sum waterfall={waterfall} story={story} />
        <StoryTable waterfall={shown} scale={scale} selected={lane?.key} onSelect={(row) => select({ row })} />
        <footer class="story-foot">
          <Legend />
          {passed.length > 0 && passed.length < waterfall.lanes.length && (
            <label>
              <input
                type="checkbox"
                checked={isAll}
                onChange={({ currentTarget }) => select({ ignored: currentTarget.checked ? "shown" : "" })}
              />{" "}
              Show ignored ({passed.length})
            </label>
          )}
        </footer>
      </section>
      {lane && (
        <section class="panel" aria-label="Selected">
          <header>
            <h2>{titleOf(lane)}</h2>
            {lane.fate === "dead" && <a href={toHash({ view: "letters" })}>Its dead letter</a>}
          </header>
          <StoryDetail key={lane.key} lane={lane} story={story} system={system} />
        </section>
      )}
    </div>
  );
}

/** How often what is still open is drawn again. */
const REDRAW_MS = 500;

function useWaterfall(story: Story): Waterfall {
  const system = useStore((state) => state.system);
  const [now, setNow] = useState(Date.now);
  const waterfall = useMemo(() => {
    const hearers = (topic: string, type: string) =>
      system?.functions
        .filter(({ hears }) => hears.some((each) => each.topic === topic && each.type === type))
        .map(({ name }) => name) ?? [];
    // What has just been read may be newer than the last look at the clock.
    const last = story.happenings.at(-1)?.at ?? 0;
    return toWaterfall(story.happenings, { now: Math.max(now, last), hearers });
  }, [story, system, now]);
  const isOpen = isRunning(waterfall);
  useEffect(() => {
    if (!isOpen) return;
    const timer = setInterval(() => setNow(Date.now()), REDRAW_MS);
    return () => clearInterval(timer);
  }, [isOpen]);
  return waterfall;
}

/** What died first; otherwise where it begins. */
const toBeSeen = ({ lanes }: Waterfall): Lane | undefined => lanes.find(({ fate }) => fate === "dead") ?? lanes[0];

function Sum({ waterfall, story }: { waterfall: Waterfall; story: Story }) {
  const { fates, slowest, effects } = toSum(waterfall, story.happenings);
  return (
    <p class="story-sum">
      <span>
        <Time at={waterfall.from} /> <b>{toDuration(waterfall.to - waterfall.from)}</b>
      </span>
      <span>
        {fates.map(({ fate, count }) => (
          <>
            <Badge tone={toneOf(fate)} key={fate}>
              {count} {fate}
            </Badge>{" "}
          </>
        ))}
      </span>
      {slowest && (
        <span>
          Longest at work: <b>{slowest.app}</b>, {toDuration(slowest.workedMs)}
        </span>
      )}
      {effects.length > 0 && (
        <span>
          Effects:{" "}
          {effects
            .map(({ kind, tried, keys }) => `${kind} tried ${tried}×, ${keys === 1 ? "1 key" : `${keys} keys`}`)
            .join("; ")}
        </span>
      )}
    </p>
  );
}

const Legend = () => (
  <ul class="story-signs" aria-label="Signs">
    <li class="waiting">waiting</li>
    <li class="work">at work</li>
    <li class="had">handed over, not at work</li>
    <li class="said">said</li>
    <li class="saved">saved</li>
    <li class="effect">effect</li>
  </ul>
);
