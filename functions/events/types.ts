/** The name of every event type in the catalogue, and nothing else of it: what every bundle holds to tell a stranger. */
export const eventTypes: readonly string[] = [
  "com.example.order.requested.v1",
  "com.example.order.created.v1",
  "com.example.bill.overdue.v1",
  "com.example.bill.requested.v1",
  "com.example.bill.missing.v1",
  "com.example.bill.withdrawn.v1",
  "com.example.bill.paid.v1",
  "com.example.bill.declined.v1",
  "com.example.order.paid.v1",
  "com.example.order.cancelled.v1",
  "com.example.shipment.dispatched.v1",
  "com.example.order.shipped.v1",
];
