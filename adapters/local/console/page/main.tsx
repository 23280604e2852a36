import { render } from "preact";
import { App } from "./app.tsx";
import { openFeed } from "./feed.ts";

const root = document.getElementById("page");
if (root) render(<App />, root);
openFeed();
