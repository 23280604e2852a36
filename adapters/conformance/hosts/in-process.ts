import { receive } from "../../core/dispatch/receive.ts";
import { HTTP_HEADERS } from "../../core/event/header-value.ts";
import { TOPIC } from "../handlers.ts";
import { createHost, toVerdict } from "../host.ts";

/** No host at all: the one dispatch that all of them share. */
export const inProcess = createHost({
  name: "in process",
  lacks: {
    token: "nobody else can reach it",
    "graceful-stop": "it has no life of its own that could end",
    "record-headers": "they are the business of the Dapr app",
    bulk: "it is the business of the Dapr app",
  },
  serve: async (fn, { ports }) => ({
    deliver: async ({ headers, body }) =>
      toVerdict(await receive(fn, { headers, body, coding: HTTP_HEADERS, topic: TOPIC }, ports)),
    stop: async () => {},
  }),
});
