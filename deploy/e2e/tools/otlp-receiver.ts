import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Span } from "./spans.ts";

/** A span with what Zipkin does not keep. */
export interface OtlpSpan extends Span {
  readonly tracestate: string;
}

interface OtlpReceiver {
  /** out: 32 hex digits in */
  spansOf(traceId: string): readonly OtlpSpan[];
  stop(): Promise<void>;
}

/**
 * A collector that keeps what it is sent.
 *
 * source  OpenTelemetry protocol 1.9, "OTLP/HTTP Request": POST /v1/traces, binary protobuf
 */
export async function startOtlpReceiver({ port }: { readonly port: number }): Promise<OtlpReceiver> {
  const spans: OtlpSpan[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const body = await buffer(request);
    const isTraces = method === "POST" && url === "/v1/traces" && headers["content-type"] === "application/x-protobuf";
    if (isTraces) spans.push(...spansIn(body));
    response.writeHead(isTraces ? 200 : 400, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    spansOf: (traceId) => spans.filter((span) => span.traceId === traceId),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * in      ExportTraceServiceRequest
 * source  opentelemetry-proto 1.9: collector/trace/v1/trace_service.proto, trace/v1/trace.proto, resource/v1/resource.proto
 */
function spansIn(request: Buffer): readonly OtlpSpan[] {
  return all(request, 1).flatMap((resourceSpans) => {
    const attributes = all(resourceSpans, 1).flatMap((resource) => all(resource, 1));
    const named = attributes.find((attribute) => textIn(attribute, 1) === "service.name");
    const serviceName = named ? textIn(all(named, 2)[0] ?? NOTHING, 1) : "";
    return all(resourceSpans, 2)
      .flatMap((scopeSpans) => all(scopeSpans, 2))
      .map((span) => toSpan(span, serviceName));
  });
}

function toSpan(span: Buffer, serviceName: string): OtlpSpan {
  const parentId = hexIn(span, 4);
  const [start = 0n, end = 0n] = [7, 8].map((field) => all(span, field)[0]?.readBigUInt64LE());
  return {
    traceId: hexIn(span, 1),
    id: hexIn(span, 2),
    tracestate: textIn(span, 3),
    ...(parentId === "" ? {} : { parentId }),
    name: textIn(span, 5),
    duration: Number((end - start) / 1_000n),
    localEndpoint: { serviceName },
  };
}

const NOTHING = Buffer.alloc(0);
const textIn = (message: Buffer, field: number): string => (all(message, field)[0] ?? NOTHING).toString("utf8");
const hexIn = (message: Buffer, field: number): string => (all(message, field)[0] ?? NOTHING).toString("hex");

/** The values of one field, in their order. source: Protocol Buffers, "Encoding" */
function all(message: Buffer, wanted: number): readonly Buffer[] {
  const values: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const from = at;
    const [type, field] = [tag % 8, Math.floor(tag / 8)];
    if (type === 2) {
      const length = varint();
      at += length;
      if (field === wanted) values.push(message.subarray(at - length, at));
      continue;
    }
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else throw new RangeError(`wire type ${type} at byte ${from}`);
    if (field === wanted) values.push(message.subarray(from, at));
  }
  if (at > message.length) throw new RangeError(`${at - message.length} bytes are missing`);
  return values;
}
