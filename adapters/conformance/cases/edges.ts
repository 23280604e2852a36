import { type Case, type Group, once } from "../case.ts";
import type { Feature, Sending } from "../host.ts";
import { structured } from "../messages.ts";

const ID = "0af7651916cd43dd8448eb211c80319c";
const OTHER = "1bf7651916cd43dd8448eb211c80319d";
const parent = (id: string) => `00-${id}-b7ad6b7169203331-01`;
const traced = (header: string, members: object = {}): Sending => {
  const { headers, body } = structured(members);
  return { headers: { ...headers, traceparent: header }, body };
};

const follows = (
  name: string,
  send: Sending,
  { traceId, needs = [] }: { readonly traceId: string | undefined; readonly needs?: readonly Feature[] },
): Case => once(name, send, { handler: "says", needs, published: ["followed"], traceId: { is: traceId } });

export const trace: Group = {
  title: "trace context",
  cases: [
    follows("in the event", structured({ traceparent: parent(ID) }), { traceId: ID, needs: ["event-trace"] }),
    follows("beside it", traced(parent(ID)), { traceId: ID, needs: ["transport-trace"] }),
    follows("in both: the transport's wins", traced(parent(ID), { traceparent: parent(OTHER) }), {
      traceId: ID,
      needs: ["transport-trace", "event-trace"],
    }),
    follows(
      "zeros beside it, which are none: the event's",
      traced(parent("0".repeat(32)), { traceparent: parent(ID) }),
      {
        traceId: ID,
        needs: ["transport-trace", "event-trace"],
      },
    ),
    follows("malformed: none, and the event is handled", traced("00-xyz"), {
      traceId: undefined,
      needs: ["transport-trace"],
    }),
    follows("beside an extension that is a number: the event is handled", structured({ attempt: 17 }), {
      traceId: undefined,
    }),
    follows("nowhere", structured(), { traceId: undefined }),
  ],
};

const locked = (name: string, token: string | undefined): Case => ({
  name,
  token: "right-secret",
  needs: ["token"],
  steps: [
    { send: { ...structured(), ...(token === undefined ? {} : { token }) }, expect: "retry" },
    { again: { ...structured(), token: "right-secret" }, expect: "ack" },
  ],
  handled: 1,
});

export const access: Group = {
  title: "access and shutdown",
  cases: [
    locked("no token: comes again, is not lost", undefined),
    locked("a wrong token: comes again, is not lost", "wrong-secret"),
    locked("a token that begins like the right one", "right-secre"),
    {
      name: "told to stop while it works: all that are in flight are answered",
      handler: "says-slowly",
      needs: ["graceful-stop"],
      steps: [{ stopDuring: Array.from({ length: 20 }, (_, n) => structured({ id: `e-${n}` })) }],
      handled: 20,
      ids: 20,
    },
  ],
};
