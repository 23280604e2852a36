import { Graph } from "./graph.tsx";
import { Rates } from "./rates.tsx";
import type { Route } from "./route.ts";
import { Stream } from "./stream.tsx";

/** The system as it is, and what happens in it. */
export const EventsView = ({ route }: { route: Route }) => (
  <div class="events">
    <h1 class="unseen">Events</h1>
    <Graph route={route} />
    <Stream route={route} />
    <Rates />
  </div>
);
