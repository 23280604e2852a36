import * as v from "valibot";
import { defineEvent } from "../../../functions/kernel/define.ts";

const id = /* @__PURE__ */ v.string();
const cents = /* @__PURE__ */ v.number();
const rideIdOf = ({ rideId }: { readonly rideId: string }): string => rideId;
const ride = /* @__PURE__ */ v.object({ rideId: id, rider: id, km: /* @__PURE__ */ v.number() });

export const RideRequested = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.ride.requested.v1",
  data: ride,
  subject: rideIdOf,
});

export const RideOpened = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.ride.opened.v1",
  topic: "rides",
  data: ride,
  subject: rideIdOf,
});

export const DriverAssigned = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.driver.assigned.v1",
  topic: "assignments",
  data: /* @__PURE__ */ v.object({ rideId: id, driver: id }),
  subject: rideIdOf,
});

export const FareComputed = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.fare.computed.v1",
  topic: "fares",
  data: /* @__PURE__ */ v.object({ rideId: id, rider: id, cents }),
  subject: rideIdOf,
});

export const RideFinished = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.ride.finished.v1",
  topic: "rides",
  data: /* @__PURE__ */ v.object({ rideId: id, rider: id, driver: id, cents }),
  subject: rideIdOf,
});

export const PayoutSent = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.payout.sent.v1",
  topic: "payouts",
  audience: "others",
  data: /* @__PURE__ */ v.object({ rideId: id, transfer: id }),
  subject: rideIdOf,
});

export const PointsEarned = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.points-earned.v1",
  topic: "points",
  audience: "others",
  data: /* @__PURE__ */ v.object({ rider: id, points: /* @__PURE__ */ v.number() }),
  subject: ({ rider }) => rider,
});

export const TicketRequested = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.ticket.requested.v1",
  data: /* @__PURE__ */ v.object({ ticketId: id, text: id }),
  subject: ({ ticketId }) => ticketId,
});

export const TicketOpened = /* @__PURE__ */ defineEvent({
  type: "org.example-fleet.ticket.opened.v1",
  topic: "tickets",
  audience: "others",
  data: /* @__PURE__ */ v.object({ ticketId: id, text: id }),
  subject: ({ ticketId }) => ticketId,
});
