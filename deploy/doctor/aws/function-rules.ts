import type { Check, Stack } from "./stack.ts";
import { listIn, mapIn, numberIn, numberOr, textIn, UNKNOWN } from "./value.ts";

const LAMBDA = "AWS Lambda Developer Guide";
/** What a dispatch takes at most if nothing else is said. */
const DISPATCH_MS = 10_000;
const isOurs = ({ variables }: Stack["functions"][number]) => variables.LEDGER_TABLE !== undefined;
const isFunction = (type: string | undefined) =>
  type === "AWS::Lambda::Function" || type === "AWS::Serverless::Function";

export const functionChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-batch-item-failures",
      effect: "loses",
      why: "Lambda does not heed what a function reports as failed: it is deleted from the queue, or passed by in the stream, with the others",
      source: `${LAMBDA}, "Handling errors for an SQS event source in Lambda", "Implementing partial batch responses"`,
      fix: "set FunctionResponseTypes to [ReportBatchItemFailures]",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) => {
        const types = listIn(at.properties.FunctionResponseTypes);
        const isSaid = types.some((type) => type === "ReportBatchItemFailures" || type === UNKNOWN);
        return isSaid || at.kind === "kafka" ? [] : [{ at, what: `${at.id} does not have ReportBatchItemFailures` }];
      }),
  },
  {
    rule: {
      id: "aws-mapping-off",
      effect: "stalls",
      why: "nobody reads it, and what waits there is gone when its retention ends, without ever being a dead letter",
      source: `${LAMBDA}, API reference, "CreateEventSourceMapping", Enabled`,
      fix: "set Enabled to true",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) =>
        at.properties.Enabled === false || at.properties.Enabled === "false"
          ? [{ at, path: ["Enabled"], what: `${at.id} is switched off` }]
          : [],
      ),
  },
  {
    rule: {
      id: "aws-mapping-filter",
      effect: "loses",
      why: "Lambda deletes from the queue what fits none of the filters: it is nobody's letter",
      source: `${LAMBDA}, "Control which events Lambda sends to your function"; "Using event filtering with an Amazon SQS event source"`,
      fix: "take FilterCriteria away: functions acknowledge types that they do not consume",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) =>
        at.kind === "queue" && listIn(mapIn(at.properties.FilterCriteria).Filters).length > 0
          ? [{ at, path: ["FilterCriteria"], what: `${at.id} filters` }]
          : [],
      ),
  },
  {
    rule: {
      id: "aws-no-concurrency",
      effect: "stalls",
      why: "Lambda throttles all that it is asked, and the receives that are throttled count towards the dead letter queue",
      source: `${LAMBDA}, "Configuring reserved concurrency for a function"`,
      fix: "take ReservedConcurrentExecutions away, or raise it",
    },
    find: ({ functions }) =>
      functions.flatMap((at) =>
        numberIn(at.properties.ReservedConcurrentExecutions) === 0
          ? [{ at, path: ["ReservedConcurrentExecutions"], what: `${at.id} may never run` }]
          : [],
      ),
  },
  {
    rule: {
      id: "aws-concurrency-above-reserved",
      effect: "stalls",
      why: "what is polled beyond the reserved concurrency is throttled, and good messages end among the dead letters",
      source: `${LAMBDA}, "Configuring scaling behavior for SQS event source mappings": reserved concurrency of at least the sum of the maximum concurrencies`,
      fix: "raise ReservedConcurrentExecutions, or lower MaximumConcurrency",
    },
    find: ({ functions, mappings }) =>
      functions.flatMap((at) => {
        const reserved = numberIn(at.properties.ReservedConcurrentExecutions);
        const queues = mappings.filter(({ kind, fn }) => kind === "queue" && fn?.id === at.id);
        if (!reserved || queues.length === 0) return [];
        const most = queues.map(({ properties }) => numberIn(mapIn(properties.ScalingConfig).MaximumConcurrency));
        const sum = most.reduce<number>((total, each) => total + (each ?? 0), 0);
        if (sum <= reserved) return [];
        return [
          {
            at,
            path: ["ReservedConcurrentExecutions"],
            what: `${at.id} has ${reserved} reserved, and its queues take ${sum}`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "aws-async-failures",
      effect: "loses",
      why: "it is invoked asynchronously: after two retries, or six hours, Lambda discards the event",
      source: `${LAMBDA}, "How Lambda handles errors and retries with asynchronous invocation"; "Capturing records of Lambda asynchronous invocations"`,
      fix: "put a queue between, or give it an OnFailure destination (EventInvokeConfig) or a dead letter queue",
    },
    find: ({ subscriptions, targets, functions }) => {
      const heard = subscriptions.flatMap(({ protocol, endpoint, topic }) =>
        protocol === "lambda" ? [[endpoint, topic?.id ?? "a topic"] as const] : [],
      );
      // What a schedule says comes again by itself.
      const ruled = targets.flatMap(({ isScheduled, to, id }) => (isScheduled ? [] : [[to, id] as const]));
      return functions.flatMap((at) => {
        const by = [...heard, ...ruled].find(([to]) => to?.id === at.id)?.[1];
        return by === undefined || at.keepsFailures
          ? []
          : [{ at, what: `${at.id} is invoked by ${by}, and keeps no failures` }];
      });
    },
  },
  {
    rule: {
      id: "aws-function-timeout",
      effect: "repeats",
      why: "Lambda ends a function in the middle of a dispatch that still could end well, after its effect and before its answer",
      source: "adapters/lambda/README.md: DISPATCH_TIMEOUT_MS, shorter than the function's timeout",
      fix: "raise Timeout, or lower DISPATCH_TIMEOUT_MS",
    },
    find: ({ functions }) =>
      functions.filter(isOurs).flatMap((at) => {
        const dispatch = numberOr(at.variables.DISPATCH_TIMEOUT_MS, DISPATCH_MS);
        if (at.timeout === undefined || dispatch === undefined || at.timeout * 1000 > dispatch) return [];
        return [{ at, path: ["Timeout"], what: `${at.id} has ${at.timeout} s, and a dispatch ${dispatch / 1000} s` }];
      }),
  },
  {
    rule: {
      id: "aws-no-relay",
      effect: "stalls",
      why: "with RELAY=on a function leaves what it could not say to a schedule, and there is none",
      source: "adapters/lambda/README.md: RELAY",
      fix: 'invoke it each minute with {"relay":true} by a rule of EventBridge',
    },
    find: ({ functions, mappings, targets }) =>
      functions.flatMap((at) => {
        const isFed = mappings.some(({ fn }) => fn?.id === at.id);
        if (!isFed || at.variables.RELAY !== "on") return [];
        const isAsked = targets.some(
          ({ to, isScheduled, properties }) =>
            to?.id === at.id && isScheduled && (textIn(properties.Input) ?? "").includes("relay"),
        );
        return isAsked ? [] : [{ at, path: ["Environment"], what: `${at.id} has RELAY=on and no schedule` }];
      }),
  },
  {
    rule: {
      id: "aws-edge-unbounded",
      effect: "stalls",
      why: "strangers may take the account's whole concurrency, and the consumers are throttled",
      source: `${LAMBDA}, "Configuring reserved concurrency for a function"; "Control access to Lambda function URLs"`,
      fix: "set ReservedConcurrentExecutions of the function behind the URL, or AuthType AWS_IAM",
    },
    find: ({ all, named, functions }) =>
      all("AWS::Lambda::Url").flatMap((at) => {
        const to = named(at.properties.TargetFunctionArn, "lambda");
        const fn = functions.find(({ id }) => id === to?.id);
        if (
          at.properties.AuthType !== "NONE" ||
          !isFunction(to?.type) ||
          fn?.properties.ReservedConcurrentExecutions !== undefined
        )
          return [];
        return [{ at, path: ["AuthType"], what: `${fn?.id} may be asked by everybody, without a bound` }];
      }),
  },
];
