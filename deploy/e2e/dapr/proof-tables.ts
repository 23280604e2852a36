import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { VERSION } from "../../engines/daprd.ts";

export const PROOFS = join(import.meta.dirname, "proof");

/** What a whole run has shown on one broker. */
export interface Proof {
  readonly broker: string;
  /** From the top of the project. */
  readonly component: string;
  readonly proven: readonly string[];
}

const readProofs = () => readdirSync(PROOFS).map((file): Proof => JSON.parse(readFileSync(join(PROOFS, file), "utf8")));

/** What some broker has shown, in the order of a run. */
const linesOf = (proofs: readonly Proof[]): readonly string[] => [...new Set(proofs.flatMap(({ proven }) => proven))];

/** The table of deploy/dapr/README.md: what was proven on which broker. out: Markdown */
export function toProofTable(): string {
  const proofs = readProofs();
  const head = [
    "loses nothing when",
    ...proofs.map(({ broker, component }) => `[${broker}](${relative("deploy/dapr", component)})`),
  ];
  const rows = linesOf(proofs).map((name) => [
    name,
    ...proofs.map(({ proven }) => (proven.includes(name) ? "✓" : "–")),
  ]);
  return toMarkdown([head, ...rows]);
}

/** What CI cannot run: its daprd needs a Go module that is not served everywhere. Seen by hand in November 2026. */
const BY_HAND = "1.18.3, by hand";
const SEEN: readonly (readonly [version: string, broker: string, seen: string])[] = [
  [
    VERSION,
    "Redis",
    "an app away for 150 s, longer than `processingTimeout`: each of 30 waiting events has its effect once",
  ],
  [
    VERSION,
    "Redis",
    "deliveries that overlap: some of what an app that breaks its connections was to get is acknowledged",
  ],
  [
    VERSION,
    "Redis",
    "app health check on, bulk subscriptions: a service that was killed and came back got nothing more",
  ],
  [
    VERSION,
    "Redis, RabbitMQ, Kafka",
    "bulks, one of a thousand events fails for a minute, or takes 8 s: the others take at most 1.2 times as long",
  ],
  [
    VERSION,
    "Redis, RabbitMQ, Kafka",
    "bulks, every 20th of 10,000 events fails once: each document sees each of its events once, and in their order",
  ],
  [
    VERSION,
    "Redis",
    "bulks, a service and a sidecar are killed amid 4,000 events: all are seen, some 240 after a later one of their document",
  ],
  [
    VERSION,
    "Kafka",
    "a second pod joins and goes while events are parked, and the state store is away for a while: nothing is skipped",
  ],
  [VERSION, "Kafka", "`escapeHeaders` is ignored in silence; records have the `content-type` that we say"],
  [BY_HAND, "Redis, RabbitMQ, Kafka", "all lines of the table above but the last"],
  [BY_HAND, "Redis", "deliveries that overlap: as on 1.14.0"],
  [BY_HAND, "Redis, RabbitMQ", "app health check on: all lines of the table above but the last"],
  [
    BY_HAND,
    "Kafka",
    "app health check on: a service that was killed while deliveries were tried again never got another event, in two runs of two",
  ],
  [
    BY_HAND,
    "Kafka",
    "`escapeHeaders` is obeyed: keys and header values come query-escaped; `content-type` as on 1.14.0",
  ],
  [
    BY_HAND,
    "any",
    "reloads components, subscriptions and policies while it runs, unless the Configuration says otherwise",
  ],
];

/** The table of deploy/dapr/README.md: which Dapr was seen to do what on which broker. out: Markdown */
export function toVersionTable(): string {
  const proofs = readProofs();
  const inCi = proofs.map(({ broker, proven }) => [
    `${VERSION}, in every CI`,
    broker,
    `${proven.length} of the ${linesOf(proofs).length} lines of the table above`,
  ]);
  return toMarkdown([["Dapr", "broker", "what was seen"], ...inCi, ...SEEN]);
}

const toMarkdown = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
