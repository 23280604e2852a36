import { defineEvent, sampled } from "loosely";
import * as v from "valibot";

const visit = v.object({ visitId: v.string(), name: v.pipe(v.string(), v.minLength(1), v.maxLength(80)) });
const about = ({ visitId }: { readonly visitId: string }) => visitId;

/** What a visitor asks for. It has no topic: only the edge says it. */
export const VisitRequested = defineEvent({ type: "com.example.visit.requested.v1", data: visit, subject: about });

/** Told to whoever wants to know. */
export const VisitSigned = sampled(
  defineEvent({ type: "com.example.visit.signed.v1", topic: "visits", data: visit, subject: about }),
  { visitId: "v-1", name: "Ada" },
);
