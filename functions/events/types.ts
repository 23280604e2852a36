/** The name of every event type in the catalogue, and nothing else of it: what every bundle holds to tell a stranger. */
export const eventTypes: readonly string[] = [
  "order.requested.v1",
  "order.created.v1",
  "bill.overdue.v1",
  "bill.requested.v1",
  "bill.missing.v1",
  "bill.withdrawn.v1",
  "bill.paid.v1",
  "bill.declined.v1",
  "order.paid.v1",
  "order.cancelled.v1",
  "shipment.dispatched.v1",
  "order.shipped.v1",
].map((name) => `com.example.${name}`);
