import * as v from "valibot";
import { toInstant } from "../core/event/timestamp.ts";
import {
  type CommonConfig,
  common,
  matching,
  meaning,
  NO_SECRET,
  toCommon,
  toFaults,
  within,
} from "../core/host/common-config.ts";
import { ConfigError } from "../core/host/config-error.ts";

const port = within(0, 65_535, "a port number (0 to 65535)");
const name = matching(/^[A-Za-z0-9._-]+$/, "a name of letters, digits, '.', '_' and '-'");
const token = matching(/^[\x21-\x7e]+$/, "a token of visible ASCII characters, or not set at all");

/** Where a URL's parser mends what it gets: blanks, backslashes, a missing `//`. */
const URL_AS_IT_IS = /^https?:\/\/[^\s\\/?#][^\s\\?#]*$/i;

function isEndpoint(text: string): boolean {
  const url = URL_AS_IT_IS.test(text) ? URL.parse(text) : null;
  return url !== null && url.username === "" && url.password === "" && url.port !== "0";
}

const endpoint = v.pipe(
  v.string(),
  // Whoever is let in shows a token: what would stand in the URL would stand in logs.
  v.check(isEndpoint, "must be a URL with http:// or https://, without user, query and fragment"),
  v.transform((text) => new URL(text)),
);

const past = v.pipe(
  v.string(),
  v.transform(toInstant),
  v.check((at) => at <= Date.now(), "must be a time of RFC 3339 that has been, such as 2026-11-28T10:00:00Z"),
);

const environment = v.object({
  APP_HOST: v.optional(
    v.pipe(
      matching(/^([\w.-]+|[\da-f:.]+(%[\w.-]+)?|\[[\da-f:.]+(%[\w.-]+)?\])$/i, "a name or an address to listen on"),
      // As URLs write addresses of IPv6.
      v.transform((host) => host.replace(/^\[|\]$/g, "")),
      meaning("where to listen; `::`: at every address, of IPv6 and of IPv4"),
    ),
    "127.0.0.1",
  ),
  APP_PORT: v.optional(v.pipe(port, meaning("the port of the app")), "8080"),
  APP_API_TOKEN: v.optional(
    v.pipe(token, meaning("what the sidecar shows; must be set wherever others can reach the port")),
  ),
  METRICS_PORT: v.optional(v.pipe(port, meaning("of its own for Prometheus: `GET /metrics`; left out, there is none"))),
  DAPR_HTTP_PORT: v.optional(v.pipe(port, meaning("the port of the sidecar")), "3500"),
  DAPR_HTTP_ENDPOINT: v.optional(
    v.pipe(
      endpoint,
      meaning(
        "its URL where a port is not enough, as `https://dapr.example.com/prefix`: wins over the port. Only HTTP is spoken, so that `DAPR_GRPC_ENDPOINT` says nothing",
      ),
    ),
  ),
  DAPR_VERSION: v.optional(
    v.pipe(matching(/^v\d+\.\d+(-\w+)?$/, "an API version such as v1.0"), meaning("in the sidecar's URL")),
    "v1.0",
  ),
  DAPR_CLIENT: v.optional(
    v.pipe(
      v.picklist(["http", "sdk"], "must be http or sdk"),
      meaning("how the sidecar is called: `http`, or by DaprClient of @dapr/dapr: `sdk`"),
    ),
    "http",
  ),
  DAPR_API_TOKEN: v.optional(v.pipe(token, meaning("what the sidecar wants to be shown"))),
  PUBSUB_NAME: v.optional(v.pipe(name, meaning("the pub/sub component")), "pubsub"),
  STATE_STORE: v.optional(v.pipe(name, meaning("the state store component")), "statestore"),
  TOPICS: common.TOPICS,
  LEDGER: v.optional(
    v.pipe(
      matching(/^(dapr|memory|sqlite:(?!:memory:$|file:).+)$/, "dapr, memory or sqlite:<file>"),
      meaning("where the ledger is kept: `dapr`, `sqlite:<file>`, `memory`"),
    ),
    "dapr",
  ),
  DISPATCH_TIMEOUT_MS: common.DISPATCH_TIMEOUT_MS,
  GIVE_UP_AFTER_MS: v.optional(
    v.pipe(
      within(1, 86_400_000, "a number of milliseconds (1 to 86400000)"),
      meaning("how long a handler may keep failing on one event before it becomes a dead letter"),
    ),
    "90000",
  ),
  PARKING: v.optional(
    v.pipe(
      v.picklist(["off", "on"], "must be off or on"),
      meaning(
        "`on`: an event that fails, in a bulk at once and else twice, is kept in the ledger and tried again from there, so that it holds up no other; `off`: its broker delivers it again",
      ),
    ),
    "on",
  ),
  UNKNOWN_TYPE_RETRY_MS: common.UNKNOWN_TYPE_RETRY_MS,
  RETENTION_DAYS: common.RETENTION_DAYS,
  KEEP_SAID_HOURS: common.KEEP_SAID_HOURS,
  RESAY_SINCE: v.optional(
    v.pipe(past, meaning("what was said since then, until this starts, a broker has lost: it is said again")),
  ),
  MAX_EVENT_BYTES: v.optional(
    v.pipe(
      within(131_072, 8_388_608, "a number of bytes (131072 to 8388608)"),
      meaning(
        "of an event, as its dead letter holds it; 16384 less than the broker takes, where that is less than 3 MiB",
      ),
    ),
    "3145728",
  ),
  LETTER_SECRET: common.LETTER_SECRET,
  EDGE_PORT: v.optional(
    v.pipe(port, meaning("of its own for the public edge, where the function has one: no event comes there")),
    "8000",
  ),
  EDGE_SECRET: common.EDGE_SECRET,
  EDGE_PRINCIPAL: common.EDGE_PRINCIPAL,
  EDGE_DEMO: common.EDGE_DEMO,
  LOG_LEVEL: v.optional(
    v.pipe(
      v.picklist(
        ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
        "must be a level of pino, such as info",
      ),
      meaning("of the JSON log on standard output"),
    ),
    "info",
  ),
  KUBERNETES_SERVICE_HOST: v.optional(v.pipe(v.string(), meaning("set by Kubernetes: makes APP_API_TOKEN required"))),
});

/** What may be set, what it means, and what is taken where it is not. */
export const settings = Object.entries(environment.entries).map(([variable, schema]) => ({
  variable,
  default: schema.default,
  meaning: v.getDescription(schema.wrapped) ?? "",
}));

/** What a service is told by its environment; the names in the environment are those of the fields, in capitals. */
export interface Config extends CommonConfig {
  readonly appHost: string;
  readonly appPort: number;
  /** What the sidecar has to show us. */
  readonly appApiToken: string | undefined;
  readonly metricsPort: number | undefined;
  readonly edgePort: number;
  /** Others than this machine's can reach what listens here. */
  readonly isReachable: boolean;
  /** URL of the sidecar, without a slash at its end. */
  readonly daprEndpoint: string;
  readonly daprVersion: string;
  readonly daprClient: "http" | "sdk";
  /** What we have to show the sidecar. */
  readonly daprApiToken: string | undefined;
  readonly pubsubName: string;
  readonly stateStore: string;
  readonly ledger: string;
  readonly giveUpAfterMs: number;
  /** Events whose handlers fail twice are kept in the ledger. */
  readonly isParking: boolean;
  /** ms since the epoch. */
  readonly resaySince: number | undefined;
  readonly maxEventBytes: number;
  readonly logLevel: string;
}

/** throws: ConfigError that names every fault at once. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = v.safeParse(environment, env);
  const faults = toFaults(result.issues);
  if (!result.success) throw new ConfigError(faults.join("\n"));
  const told = result.output;
  const sidecar = told.DAPR_HTTP_ENDPOINT ?? new URL(`http://127.0.0.1:${told.DAPR_HTTP_PORT}`);
  if (sidecar.port === String(told.APP_PORT) && told.APP_PORT !== 0 && isHere(sidecar)) {
    const variable = told.DAPR_HTTP_ENDPOINT ? "DAPR_HTTP_ENDPOINT" : "DAPR_HTTP_PORT";
    faults.push(`APP_PORT: must differ from ${variable}, the sidecar's port`);
  }
  if (told.DAPR_CLIENT === "sdk" && sidecar.pathname !== "/")
    faults.push("DAPR_HTTP_ENDPOINT: must have no path where DAPR_CLIENT is sdk, which would leave it out");
  const shared = toCommon(told);
  if ("faults" in shared) faults.push(...shared.faults);
  for (const other of ["APP_PORT", "DAPR_HTTP_PORT"] as const)
    if (told.METRICS_PORT === told[other] && told.METRICS_PORT !== 0)
      faults.push(`METRICS_PORT: must differ from ${other}`);
  if (told.APP_API_TOKEN === undefined && isReachable(told))
    faults.push(
      "APP_API_TOKEN: must be set where others can reach this port (on Kubernetes, or APP_HOST beyond loopback)",
    );
  if ("faults" in shared || faults.length > 0) throw new ConfigError(faults.join("\n"));
  return {
    ...shared,
    appHost: told.APP_HOST,
    appPort: told.APP_PORT,
    appApiToken: told.APP_API_TOKEN,
    metricsPort: told.METRICS_PORT,
    edgePort: told.EDGE_PORT,
    isReachable: isReachable(told),
    daprEndpoint: sidecar.href.replace(/\/+$/, ""),
    daprVersion: told.DAPR_VERSION,
    daprClient: told.DAPR_CLIENT,
    daprApiToken: told.DAPR_API_TOKEN,
    pubsubName: told.PUBSUB_NAME,
    stateStore: told.STATE_STORE,
    ledger: told.LEDGER,
    giveUpAfterMs: told.GIVE_UP_AFTER_MS,
    isParking: told.PARKING === "on",
    resaySince: told.RESAY_SINCE,
    maxEventBytes: told.MAX_EVENT_BYTES,
    logLevel: told.LOG_LEVEL,
  };
}

/** What is wrong for a function with an edge. throws: ConfigError */
export function requireEdge({ edgePort, appPort, metricsPort, isReachable: isOpen, edge }: Config): void {
  const faults = isOpen && edge.secret === undefined ? [NO_SECRET] : [];
  for (const [other, port] of Object.entries({ APP_PORT: appPort, METRICS_PORT: metricsPort }))
    if (edgePort === port && edgePort !== 0) faults.push(`EDGE_PORT: must differ from ${other}`);
  if (faults.length > 0) throw new ConfigError(faults.join("\n"));
}

const isHere = ({ hostname }: URL): boolean => /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname);

const isReachable = (told: v.InferOutput<typeof environment>): boolean =>
  told.KUBERNETES_SERVICE_HOST !== undefined || !/^(127(\.\d{1,3}){3}|localhost|::1)$/.test(told.APP_HOST);
