import { type Case, type Group, once } from "../case.ts";
import type { Feature, Sending } from "../host.ts";
import { binary, structured } from "../messages.ts";

const ID = "0af7651916cd43dd8448eb211c80319c";
const OTHER = "1bf7651916cd43dd8448eb211c80319d";
const parent = (id: string) => `00-${id}-b7ad6b7169203331-01`;
const STATE = 'rojo=00f067aa0ba902b7,t1@v="1"';
const traced = (traceparent: string, members: object = {}, tracestate?: string): Sending => {
  const { headers, body } = structured(members);
  return { headers: { ...headers, traceparent, ...(tracestate === undefined ? {} : { tracestate }) }, body };
};

interface Followed {
  readonly traceId: string | undefined;
  readonly tracestate?: string;
  readonly needs?: readonly Feature[];
}

const follows = (name: string, send: Sending, { traceId, tracestate, needs = [] }: Followed): Case =>
  once(name, send, {
    ...{ handler: "says", needs, published: ["followed"] },
    ...{ traceId: { is: traceId }, tracestate: { is: tracestate } },
  });

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
    follows("with a tracestate in the event", structured({ traceparent: parent(ID), tracestate: STATE }), {
      ...{ traceId: ID, tracestate: STATE, needs: ["event-trace"] },
    }),
    follows(
      "with a tracestate in attributes of binary mode",
      binary("application/json", {
        body: '{"n":1}',
        headers: { "ce-traceparent": parent(ID), "ce-tracestate": "rojo=1,congo=2" },
      }),
      { traceId: ID, tracestate: "rojo=1,congo=2", needs: ["binary-mode", "event-trace"] },
    ),
    follows("with a tracestate beside it", traced(parent(ID), {}, STATE), {
      ...{ traceId: ID, tracestate: STATE, needs: ["transport-trace"] },
    }),
    follows(
      "beside it, and another one with a tracestate in the event: that is of another trace",
      traced(parent(ID), { traceparent: parent(OTHER), tracestate: STATE }),
      { traceId: ID, needs: ["transport-trace", "event-trace"] },
    ),
    follows("with a malformed tracestate: it goes, the trace goes on", traced(parent(ID), {}, "ROJO=1"), {
      traceId: ID,
      needs: ["transport-trace"],
    }),
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
