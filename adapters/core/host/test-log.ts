const LONG = "x".repeat(10_000);

interface Told {
  readonly id?: string;
  readonly type?: string;
  readonly subject?: string;
}

/** What a producer writes of an event, and what the log of every host says of it. */
export const TOLD: readonly (readonly [what: string, event: Told, logged: Told])[] = [
  ["an address as subject", { subject: "ada@example.com" }, { subject: "<address>" }],
  ["an address inside an id", { id: "order 7 of ada%40example.com" }, { id: "order 7 of <address>" }],
  [
    "10,000 characters",
    { id: LONG, type: LONG, subject: LONG },
    Object.fromEntries(["id", "type", "subject"].map((name) => [name, LONG.slice(0, 200)])),
  ],
];
