import { MAX_EVENT_BYTES as DAPR_EVENT_BYTES } from "../../adapters/dapr/app.ts";
import { RELAY_EVERY_MS } from "../../adapters/dapr/relaying.ts";
import { LONGEST_ENTRY } from "../../adapters/dapr/state-ledger.ts";
import { createFirestoreLedger } from "../../adapters/gcf/firestore.ts";
import { MAX_EVENT_BYTES as GOOGLE_EVENT_BYTES } from "../../adapters/gcf/receive.ts";
import { MOST_EVENT_BYTES } from "../../adapters/lambda/config.ts";
import { createDynamoLedger } from "../../adapters/lambda/dynamodb-ledger.ts";
import { MAX_EVENT_BYTES as AWS_EVENT_BYTES } from "../../adapters/lambda/receive.ts";

/** A way on which events come to a host. */
export interface Way {
  readonly name: string;
  /** What it keeps in order, also between several processes. Left out: nothing. */
  readonly order?: string;
  /** What it takes of one message, in bytes. Left out: more than its host. */
  readonly takesBytes?: number;
  /** Our own functions publish elsewhere: what comes by it is said by others. */
  readonly isOthers?: boolean;
}

export interface HostFacts {
  readonly name: HostName;
  readonly ways: readonly Way[];
  readonly ledger: string;
  /** Of a document: state, what was said, and the inbox. */
  readonly documentBytes: number;
  /** Of an event. */
  readonly eventBytes: number;
  /** As many as MAX_EVENT_BYTES may say. Left out: no more. */
  readonly raisedBytes?: number;
  /** How often it is looked for what is due. */
  readonly relayMs: number;
  /** What keeps failing is taken out of its broker's hands, and what comes later of its document waits behind it. */
  readonly isParking: boolean;
  readonly edge: string;
}

export const HOST_NAMES = ["local", "dapr", "google", "aws"] as const;
export type HostName = (typeof HOST_NAMES)[number];

const KIB = 1024;
const MINUTE_MS = 60_000;
/** Nothing is asked of it. */
const NOBODY = () => Promise.reject(new Error("is only looked at"));
const { maxBytes: firestoreBytes } = createFirestoreLedger({
  rest: { call: NOBODY, close: NOBODY },
  project: NOBODY,
});
const { maxBytes: dynamoBytes } = createDynamoLedger({ aws: NOBODY, table: "" });

/**
 * What hosts give, from what adapters say of themselves; of brokers, what they are known for.
 *
 * source  Kafka broker configuration, message.max.bytes; Amazon SNS and SQS quotas, "Message size"; Pub/Sub quotas, "Message size";
 *         Amazon Kinesis Data Streams, "Quotas and limits"; Redis, proto-max-bulk-len
 */
export const HOSTS: readonly HostFacts[] = [
  {
    name: "local",
    ways: [{ name: "its own broker" }],
    ledger: "the sidecar's state store",
    documentBytes: LONGEST_ENTRY,
    eventBytes: DAPR_EVENT_BYTES,
    relayMs: RELAY_EVERY_MS,
    isParking: true,
    edge: "a port",
  },
  {
    name: "dapr",
    ways: [
      { name: "redis", takesBytes: 512 * KIB * KIB },
      { name: "kafka", order: "by partition key, which is the subject", takesBytes: 1_048_588 },
      { name: "rabbitmq", takesBytes: 16 * KIB * KIB },
      { name: "gcp-pubsub", takesBytes: 10_000_000 },
      { name: "snssqs", takesBytes: 256 * KIB },
    ],
    ledger: "the sidecar's state store",
    documentBytes: LONGEST_ENTRY,
    eventBytes: DAPR_EVENT_BYTES,
    relayMs: RELAY_EVERY_MS,
    isParking: true,
    edge: "a port of its own",
  },
  {
    name: "google",
    ways: [{ name: "push" }, { name: "push with --ordered", order: "by subject" }, { name: "triggers" }],
    ledger: "Firestore",
    documentBytes: firestoreBytes,
    eventBytes: GOOGLE_EVENT_BYTES,
    relayMs: MINUTE_MS,
    isParking: false,
    edge: "a function for all edges",
  },
  {
    name: "aws",
    ways: [
      { name: "sqs" },
      { name: "fifo", order: "by message group", isOthers: true },
      { name: "kinesis", order: "by partition key", isOthers: true },
    ],
    ledger: "DynamoDB",
    documentBytes: dynamoBytes,
    eventBytes: AWS_EVENT_BYTES,
    raisedBytes: MOST_EVENT_BYTES,
    relayMs: MINUTE_MS,
    isParking: false,
    edge: "a function for all edges, with a URL",
  },
];

/** Of an event that comes by it. */
export const mostBytes = ({ eventBytes }: HostFacts, { takesBytes = eventBytes }: Way): number =>
  Math.min(eventBytes, takesBytes);
