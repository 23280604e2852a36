import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { defineFunction, when } from "../../functions/kernel/define.ts";
import { defineSystem } from "../../functions/kernel/system.ts";
import { BULK } from "./bulk.ts";
import { renderDapr } from "./dapr.ts";
import { testEvent, testSystem } from "./test-system.ts";

const files = renderDapr(testSystem());
const read = (path: string) => files.get(`deploy/dapr/${path}`) ?? "";
/** As kubectl and daprd read it. */
const subscriptions = parseAllDocuments(read("resources/subscriptions.yaml"), { version: "1.1" });
const definitions = JSON.parse(read("brokers/rabbitmq/definitions.json"));

it("each function has one subscription for each topic that it hears, of bulks of the bytes that were published, with a place for what is left", () => {
  const toDocument = (app: string, topic: string) => ({
    apiVersion: "dapr.io/v2alpha1",
    kind: "Subscription",
    metadata: { name: `${app}-${topic}` },
    spec: {
      ...{ pubsubname: "pubsub", topic, routes: { default: `/${topic}` }, deadLetterTopic: "dead-letters" },
      bulkSubscribe: { enabled: true, ...BULK },
      // Else daprd would parse each event of a bulk, and round what is beyond 2^53.
      metadata: { rawPayload: "true" },
    },
    scopes: [app],
  });
  expect(subscriptions.map((each) => each.toJS())).toEqual([
    toDocument("desk", "fines"),
    toDocument("on", "loans"),
    toDocument("late-fees", "loans"),
    toDocument("late-fees", "returns"),
    {
      ...{ apiVersion: "dapr.io/v2alpha1", kind: "Subscription", metadata: { name: "keeper-dead-letters" } },
      spec: {
        ...{ pubsubname: "pubsub", topic: "dead-letters", routes: { default: "/dead-letters" } },
        // Single: few letters, each answered when it is kept. Else daprd would throw away what is no JSON, and what has expired.
        metadata: { rawPayload: "true" },
      },
      scopes: ["keeper"],
    },
  ]);
});

it("RabbitMQ keeps copies of letters for those who know no Dapr as long as events are good for, and the keeper's for ever", () => {
  const [policy, ...more] = definitions.policies;
  expect(more).toEqual([]);
  expect(policy).toMatchObject({ vhost: "/", "apply-to": "queues", definition: { "message-ttl": 30 * 86_400_000 } });
  const namesOf: readonly { readonly name: string }[] = definitions.queues;
  const meant = namesOf.filter(({ name }) => new RegExp(policy.pattern).test(name));
  expect(meant.map(({ name }) => name)).toEqual(["dead-letters"]);
});

it("RabbitMQ gets each topic as an exchange, and the queues that daprd would declare, bound, the keeper's among them, and one for copies of dead letters", () => {
  const bound = [
    ["fines", "desk-fines"],
    ["loans", "on-loans"],
    ["loans", "late-fees-loans"],
    ["returns", "late-fees-returns"],
    ["dead-letters", "keeper-dead-letters"],
    ["dead-letters", "dead-letters"],
  ];
  const namesOf = (objects: readonly { readonly name: string }[]) => objects.map(({ name }) => name);
  expect(namesOf(definitions.exchanges).toSorted()).toEqual(["dead-letters", "fines", "loans", "returns"]);
  expect(namesOf(definitions.queues)).toEqual(bound.map(([, queue]) => queue));
  const bindings: readonly { source: string; destination: string }[] = definitions.bindings;
  expect(bindings.map(({ source, destination }) => [source, destination])).toEqual(bound);
});

it("what RabbitMQ keeps outlives it, as daprd would declare it", () => {
  for (const queue of definitions.queues)
    expect(queue).toMatchObject({ durable: true, auto_delete: false, arguments: { "x-queue-type": "classic" } });
  for (const exchange of definitions.exchanges) expect(exchange).toMatchObject({ type: "fanout", durable: true });
});

it("two functions whose queues would be one are refused: events would go to whoever asks first", () => {
  const toFunction = (name: string, topic: string) =>
    defineFunction({ name, on: [when(testEvent(`${topic}-said`, topic), () => ({}))] });
  const system = defineSystem({ name: "library", functions: [toFunction("a-b", "cde"), toFunction("a", "b-cde")] });
  expect(() => renderDapr(system)).toThrow("subscription a-b-cde: a on b-cde must not have the name of a-b on cde");
});
