import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { describe } from "../core/dispatch/outcome.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { type Answer, again, problem } from "../core/edge/answer.ts";
import { type EdgeSettings, place, type Served, show } from "../core/edge/edge.ts";
import { principalIn } from "../core/edge/edge-settings.ts";
import { BODY_BYTES, tooLarge, toWanted } from "../core/edge/route.ts";

interface HttpOptions {
  readonly edges: readonly Served[];
  readonly settings: EdgeSettings;
  /** The header in which whatever stands before this says who asks, in lower case. Left out: what an authorizer of AWS says. */
  readonly principalHeader?: string | undefined;
  readonly ports: Ports;
}

/**
 * The public edges behind a Function URL or an HTTP API, and nothing else.
 *
 * out     what whoever asks in another format understands as well
 * throws  TypeError for what is no request over HTTP, and nothing else: a queue would take any answer for success
 * source  AWS Lambda developer guide, "Function URL request and response payloads" (format 2.0 of HTTP APIs), "Processing
 *         Application Load Balancer requests with Lambda"
 */
export async function handleHttp(
  event: APIGatewayProxyEventV2,
  options: HttpOptions,
): Promise<APIGatewayProxyStructuredResultV2> {
  const foreign = foreignFormat(event);
  const answer = foreign === undefined ? await answerTo(event, options) : refuse(foreign);
  const { status: statusCode, headers, body } = answer;
  return { statusCode, headers: { ...headers }, body: JSON.stringify(body), isBase64Encoded: false };
}

const answerTo = (event: APIGatewayProxyEventV2, options: HttpOptions): Promise<Answer> =>
  route(event, options).catch(async (error) => {
    logError(describe(error), (await import("./later.ts")).toStack(error));
    return again("unexpected");
  });

/** out: what a request came in, unless it is the format that is understood here; throws: TypeError for what is no request */
function foreignFormat(event: unknown): string | undefined {
  const { httpMethod, requestContext } = (event ?? {}) as {
    readonly httpMethod?: unknown;
    readonly requestContext?: { readonly http?: { readonly method?: unknown }; readonly elb?: unknown } | null;
  };
  if (typeof requestContext?.http?.method === "string") return undefined;
  if (typeof httpMethod !== "string") throw new TypeError("event: must be a request of a Function URL or an HTTP API");
  return requestContext?.elb === undefined ? "API Gateway's payload format 1.0" : "the format of a load balancer";
}

let hasTold = false;

/** Nobody's fault who asks, and no asking again can help: told once, to whoever reads the log. */
function refuse(format: string): Answer {
  const detail = `event: must be in payload format 2.0, of an HTTP API or a Function URL, got ${format}`;
  if (!hasTold) logError(detail);
  hasTold = true;
  return problem(501, detail);
}

const logError = (msg: string, stack?: string): void =>
  void process.stdout.write(`${JSON.stringify({ level: "error", time: new Date().toISOString(), msg, stack })}\n`);

async function route(event: APIGatewayProxyEventV2, options: HttpOptions): Promise<Answer> {
  const { edges, ports } = options;
  const wanted = toWanted(edges, { method: event.requestContext.http.method, path: pathOf(event) });
  if ("refused" in wanted) return wanted.refused;
  if ("show" in wanted) return show(wanted.of, wanted.show, ports);
  const { headers, isBase64Encoded } = event;
  const text = event.body ?? "";
  // So many characters stand for more bytes than that, in base64 as well: they need not be decoded.
  if (text.length > 2 * BODY_BYTES) return tooLarge();
  const body = Buffer.from(text, isBase64Encoded ? "base64" : "utf8");
  if (body.byteLength > BODY_BYTES) return tooLarge();
  return place(wanted.place, { headers, body, principal: principalOf(event, options) }, options);
}

/** Who asks, as AWS has made sure of it: by the signature of a request, by a token, or by an authorizer of one's own. */
function principalOf({ headers, requestContext }: APIGatewayProxyEventV2, { principalHeader }: HttpOptions) {
  if (principalHeader !== undefined) return principalIn(headers, principalHeader);
  const { authorizer } = requestContext as { readonly authorizer?: Authorizer };
  const { iam, jwt, lambda } = authorizer ?? {};
  const known = iam?.userArn ?? jwt?.claims?.sub ?? lambda?.principalId;
  return typeof known === "string" ? known : undefined;
}

/** source: Amazon API Gateway developer guide, "AWS Lambda proxy integrations", payload format 2.0 */
interface Authorizer {
  readonly iam?: { readonly userArn?: unknown };
  readonly jwt?: { readonly claims?: { readonly sub?: unknown } };
  readonly lambda?: { readonly principalId?: unknown } | null;
}

/** An HTTP API's stage is part of the path unless it is the default one. */
function pathOf({ rawPath, requestContext: { stage } }: APIGatewayProxyEventV2): string {
  return rawPath.startsWith(`/${stage}/`) ? rawPath.slice(stage.length + 1) : rawPath;
}
