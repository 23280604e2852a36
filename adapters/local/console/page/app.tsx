import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Announcer } from "./announcer.tsx";
import { BreakView } from "./break.tsx";
import { EventsView } from "./events.tsx";
import { Header } from "./header.tsx";
import { LettersView } from "./letters.tsx";
import { type Route, useRoute, type View } from "./route.ts";
import { SendView } from "./send.tsx";
import { useStore } from "./store.ts";
import { StoryView } from "./story.tsx";
import { SumsBar } from "./sums-bar.tsx";

const VIEWS: Readonly<Record<View, { readonly title: string; readonly Show: ComponentType<{ route: Route }> }>> = {
  events: { title: "Events", Show: EventsView },
  story: { title: "Story", Show: StoryView },
  letters: { title: "Letters", Show: LettersView },
  break: { title: "Break", Show: BreakView },
  send: { title: "Send", Show: SendView },
};

export function App() {
  const route = useRoute();
  const system = useStore((state) => state.system?.name);
  const problem = useStore((state) => state.problem);
  const { title, Show } = VIEWS[route.view];
  useEffect(() => {
    document.title = [title, system ?? "Console"].join(" · ");
  }, [title, system]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to {title.toLowerCase()}
      </button>
      <Header route={route} />
      <SumsBar />
      {problem && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      <main id="main" tabIndex={-1} class={`view-${route.view}`}>
        <Show route={route} />
      </main>
      <Announcer />
    </>
  );
}
