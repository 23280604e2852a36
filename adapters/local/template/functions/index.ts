import { defineSystem } from "loosely";
import { VisitSigned } from "./events.ts";
import { visits } from "./guestbook/edge.ts";
import { createGuestbook } from "./guestbook/handler.ts";

export const system = defineSystem({ name: "{{NAME}}", functions: [createGuestbook], edges: [visits] });

/** Events with a sample, for `npm run say`. */
export const catalogue = [VisitSigned];
